{#- Every application at a moment, with its spell from time zero to the first thing that ends the wait.

    One resume with all its versions is one application (D5). Days are differences of UTC dates. Follow-up ends at the
    earlier of the cut and the source cut. What happened after the end of follow-up has not happened yet; what is dated
    before time zero keeps the application out of durations, with its reason. An offer implies an interview no later
    than the offer.

    Used twice: at `as_of` for the row-level core models, at the first of the month for the published marts.

    cut: a moment (Python datetime). -#}
{% macro applications_at(cut) %}
{%- set cut_sql = moment(cut) -%}
{%- set follow_up_end = moment([cut, source_cut_moment()] | min) -%}
with

outcome_states as (
    {{ outcome_states_at(cut_sql) }}
),

check_ins as (
    select
        resume_id,
        person_key,
        max(case when answered_at <= {{ cut_sql }} then answered_at end) as last_answered_at,
        1 as was_asked
    from {{ ref('stg_check_ins') }}
    where sent_at <= {{ cut_sql }} or answered_at <= {{ cut_sql }}
    group by resume_id, person_key
),

people as (
    select
        person_key,
        max(case when last_answered_at is not null then 1 else 0 end) as has_answered,
        max(was_asked) as was_asked
    from check_ins
    group by person_key
),

applications as (
    select
        resumes.resume_id,
        resumes.person_key,
        resumes.job_ad_id,
        resumes.created_at,
        resumes.framing_used,
        resumes.pdf_template,
        resumes.language,
        resumes.provider,
        coalesce(resumes.model, 'none') as model,
        resumes.prompt_version,
        resumes.degraded,
        case when not draws.named_by_person then draws.framing end as framing_drawn,
        coalesce(draws.named_by_person, false) as framing_named_by_person,
        case when not draws.named_by_person then draws.probability end as framing_probability,
        draws.policy_version,
        draws.model_drawn,
        draws.model_probability,
        coalesce(job_ads.job_family, 'unknown') as job_family,
        coalesce(job_ads.seniority, 'unknown') as seniority,
        coalesce(job_ads.region, 'unknown') as region,
        {% for trait in traits() -%}
        coalesce(trait_states.{{ trait }}_band, 'unknown') as {{ trait }}_band,
        {% endfor -%}
        coalesce(people.has_answered, 0) = 1 as answered_scheduled_check_in,
        coalesce(people.was_asked, 0) = 1 as asked_by_check_in,
        case
            when states.applied_at is not null then states.applied_at
            when resumes.first_downloaded_at <= {{ cut_sql }} then resumes.first_downloaded_at
            else resumes.created_at
        end as time_zero,
        case
            when states.applied_at is not null then 'applied_at'
            when resumes.first_downloaded_at <= {{ cut_sql }} then 'first_download'
            else 'creation'
        end as time_zero_source,
        {{ follow_up_end }} as follow_up_end,
        states.interview_date_source as reported_interview_source,
        states.salary_amount,
        states.salary_currency,
        states.salary_period,
        states.salary_basis,
        states.full_time_share,
        states.last_event_recorded_at,
        {{ day_happened('states.interview_at', follow_up_end) }} as reported_interview_on,
        {{ earlier_of(
            day_happened('states.offer_at', follow_up_end), day_happened('states.accepted_at', follow_up_end)
        ) }} as offer_on,
        {% for event in ['accepted', 'rejected', 'withdrawn', 'no_answer_yet'] -%}
        {{ day_happened('states.' ~ event ~ '_at', follow_up_end) }} as {{ event }}_on,
        {% endfor -%}
        {{ utc_date('check_ins.last_answered_at') }} as last_answered_on
    from {{ ref('stg_resumes') }} as resumes
    left join outcome_states as states on states.resume_id = resumes.resume_id
    left join {{ ref('stg_framing_draws') }} as draws on draws.framing_draw_id = resumes.framing_draw_id
    left join {{ ref('stg_job_ads') }} as job_ads on job_ads.job_ad_id = resumes.job_ad_id
    left join check_ins on check_ins.resume_id = resumes.resume_id
    left join people on people.person_key = resumes.person_key
    left join {{ ref('int_trait_states') }} as trait_states
        on trait_states.person_key = resumes.person_key
        and {{ utc_date('resumes.created_at') }} >= trait_states.valid_from
        and {{ utc_date('resumes.created_at') }} < trait_states.valid_to
        and trait_states.measured_at <= {{ cut_sql }}
    where resumes.created_at <= {{ cut_sql }}
    {{ computed_once() }}
),

dated as (
    select
        applications.*,
        {{ utc_date('time_zero') }} as time_zero_on,
        {{ utc_date('follow_up_end') }} as follow_up_end_on,
        {{ earlier_of('reported_interview_on', 'offer_on') }} as interview_on,
        case
            when offer_on < reported_interview_on or reported_interview_on is null then 'implied_by_offer'
            else reported_interview_source
        end as reached_source
    from applications
    {{ computed_once() }}
),

judged as (
    select
        dated.*,
        case
            when time_zero > follow_up_end then 'applied_after_follow_up'
            when interview_on < time_zero_on and reached_source <> 'implied_by_offer'
                then 'interview_before_application'
            when offer_on < time_zero_on then 'offer_before_application'
            when rejected_on < time_zero_on then 'rejection_before_application'
            when withdrawn_on < time_zero_on then 'withdrawal_before_application'
        end as excluded_reason,
        {{ earlier_of('rejected_on', 'withdrawn_on') }} as competing_on
    from dated
    {{ computed_once() }}
),

ended as (
    -- On one day an interview comes before a rejection, and a rejection before a withdrawal.
    select
        judged.*,
        case
            when interview_on <= competing_on or (interview_on is not null and competing_on is null)
                then 'interview'
            when rejected_on = competing_on then 'rejected'
            when withdrawn_on = competing_on then 'withdrawn'
            else 'open'
        end as exit_kind,
        coalesce({{ earlier_of('interview_on', 'competing_on') }}, follow_up_end_on) as exit_on
    from judged
    {{ computed_once() }}
),

priced as (
    select
        ended.*,
        periods.periods_per_year,
        rates.usd_per_unit,
        case when salary_currency = 'USD' then false else rates.is_sample end as rate_is_sample,
        salary_amount * periods.periods_per_year / coalesce(full_time_share, 1.0)
        * case when salary_currency = 'USD' then 1.0 else rates.usd_per_unit end as yearly_pay
    from ended
    left join {{ ref('pay_periods') }} as periods on periods.pay_period = ended.salary_period
    left join {{ ref('stg_exchange_rates') }} as rates
        on rates.currency = ended.salary_currency
        and rates.month = {{ month_of('ended.offer_on') }}
        and rates.loaded_at <= {{ cut_sql }}
    {{ computed_once() }}
),

paid as (
    -- What no job pays in a year is a slip (a monthly amount called hourly, cents); its logarithm may not even exist.
    select
        priced.*,
        case
            when offer_on is null then 'no_offer'
            when salary_amount is null or salary_period is null or salary_currency is null then 'no_amount'
            when salary_basis = 'net' then 'net_amount'
            when periods_per_year is null then 'unknown_period'
            when salary_currency <> 'USD' and usd_per_unit is null then 'no_exchange_rate'
            when yearly_pay >= {{ lowest_yearly_pay() }} and yearly_pay <= {{ highest_yearly_pay() }} then 'normalised'
            else 'implausible_amount'
        end as pay_status
    from priced
    {{ computed_once() }}
)

select
    resume_id,
    person_key,
    job_ad_id,
    created_at,
    time_zero,
    time_zero_source,
    framing_drawn,
    framing_named_by_person,
    framing_probability,
    policy_version,
    model_drawn,
    model_probability,
    framing_used,
    framing_drawn is not null and framing_used <> framing_drawn as framing_overridden,
    pdf_template,
    language,
    provider,
    model,
    prompt_version,
    degraded,
    job_family,
    seniority,
    region,
    {% for trait in traits() -%}
    {{ trait }}_band,
    {% endfor -%}
    asked_by_check_in,
    answered_scheduled_check_in,
    follow_up_end,
    {{ days_between('time_zero_on', 'follow_up_end_on') }} as follow_up_days,
    excluded_reason,
    exit_kind,
    exit_on,
    case when excluded_reason is null then {{ days_between('time_zero_on', 'exit_on') }} end as exit_day,
    interview_on is not null as interview,
    case when interview_on is not null then reached_source end as interview_date_source,
    offer_on is not null as offer,
    accepted_on is not null as accepted,
    {% for event in ['interview', 'offer', 'accepted', 'rejected', 'withdrawn', 'no_answer_yet'] -%}
    {{ event }}_on,
    {{ days_between('time_zero_on', event ~ '_on') }} as {{ event }}_day,
    {% endfor -%}
    case when excluded_reason is null then {{ days_between('time_zero_on', 'interview_on') }} end
        as days_to_interview,
    {{ days_between('time_zero_on', later_of('last_answered_on', 'no_answer_yet_on')) }} as last_answer_day,
    pay_status,
    case when pay_status = 'normalised' then rate_is_sample end as exchange_rate_is_sample,
    cast(case when pay_status = 'normalised' then {{ tidy('yearly_pay', 2) }} end as numeric(18, 2))
        as yearly_pay_usd
from paid
{% endmacro %}

{#- The UTC day of a moment, or NULL when the moment lies after the end of follow-up: that has not happened yet. -#}
{% macro day_happened(moment, follow_up_end) -%}
    case when {{ moment }} <= {{ follow_up_end }} then {{ utc_date(moment) }} end
{%- endmacro %}

{#- Between which amounts a year's pay in dollars is believed: far outside what people are paid, on both sides. -#}
{% macro lowest_yearly_pay() %}{{ return('10.0') }}{% endmacro %}
{#- The upper end of the same. -#}
{% macro highest_yearly_pay() %}{{ return('100000000.0') }}{% endmacro %}
