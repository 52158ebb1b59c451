{#- The state of every application at a moment: one row per resume.

    Events are append-only. Of one kind the newest recorded event holds; a newer `retracted` takes it back. An event
    without a date of its own counts on the day it was recorded, and `*_date_source` says so. Pay comes from the
    acceptance when it names pay, else from the offer.

    cut: SQL moment; events recorded after it are unknown. -#}
{% macro outcome_states_at(cut) %}
    select
        resume_id,
        max(case when kind = 'applied' then happened_at end) as applied_at,
        max(case when kind = 'interview' then happened_at end) as interview_at,
        max(case when kind = 'interview' then date_source end) as interview_date_source,
        max(case when kind = 'offer' then happened_at end) as offer_at,
        max(case when kind = 'offer' then date_source end) as offer_date_source,
        max(case when kind = 'accepted' then happened_at end) as accepted_at,
        max(case when kind = 'accepted' then date_source end) as accepted_date_source,
        max(case when kind = 'rejected' then happened_at end) as rejected_at,
        max(case when kind = 'withdrawn' then happened_at end) as withdrawn_at,
        max(case when kind = 'no_answer_yet' then happened_at end) as no_answer_yet_at,
        max(recorded_at) as last_event_recorded_at,
        {% for column in ['salary_amount', 'salary_currency', 'salary_period', 'salary_basis', 'full_time_share'] -%}
        case
            when max(case when kind = 'accepted' then salary_amount end) is not null
                then max(case when kind = 'accepted' then {{ column }} end)
            else max(case when kind = 'offer' then {{ column }} end)
        end as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            resume_id,
            kind,
            recorded_at,
            salary_amount,
            salary_currency,
            salary_period,
            salary_basis,
            full_time_share,
            coalesce(occurred_at, recorded_at) as happened_at,
            case when occurred_at is null then 'recorded' else 'occurred' end as date_source,
            row_number() over (
                partition by resume_id, coalesce(retracts, kind)
                order by recorded_at desc, outcome_event_id desc
            ) as newest
        from {{ ref('stg_outcome_events') }}
        where recorded_at <= {{ cut }}
    ) as numbered_events
    where newest = 1 and kind <> 'retracted'
    group by resume_id
{% endmacro %}
