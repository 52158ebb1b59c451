{{ config(**working_table()) }}
-- One row per person and framing drawn: what the framing experiment needs of the person's applications, per outcome.
-- Population `everyone`: applications sent early enough. `answered`: of those, the ones of people who answered and whose
-- state at the horizon is known.
with

applications as (
    select
        person_key,
        framing_drawn,
        case when framing_overridden then 1 else 0 end as overridden,
        case when answered_scheduled_check_in then 1 else 0 end as answered,
        case when asked_by_check_in or answered_scheduled_check_in then 1 else 0 end as asked,
        1.0 / {{ as_float('framing_probability') }} as weight
        {%- for outcome, day_column, horizon in framing_outcome_horizons() %},
        case when follow_up_days >= {{ horizon }} then 1 else 0 end as {{ outcome }}_all,
        case when {{ day_column }} >= 0 and {{ day_column }} <= {{ horizon }}
            then {{ as_float('1') }} else {{ as_float('0') }}
        end as {{ outcome }}_reached,
        -- Known: reached, ended without it, heard of at the horizon or later, or dated after the horizon.
        case
            when {{ day_column }} >= 0 then 1
            when rejected_day is not null or withdrawn_day is not null then 1
            when last_answer_day >= {{ horizon }} then 1
            else 0
        end as {{ outcome }}_known
        {%- endfor %}
    from {{ ref('int_published_applications') }}
    where framing_drawn is not null
        and framing_probability > 0
        and excluded_reason is null
        and follow_up_days >= {{ framing_outcome_horizons() | map(attribute=2) | min }}
)

select
    person_key,
    framing_drawn,
    max(answered) as answered,
    max(asked) as asked
    {%- for outcome, _, _ in framing_outcome_horizons() %}
    {%- for population, sent, counts in [
        ('everyone', outcome ~ '_all', outcome ~ '_all'),
        ('answered', outcome ~ '_all * answered', outcome ~ '_all * ' ~ outcome ~ '_known * answered'),
    ] %},
    {{ as_bigint('sum(' ~ counts ~ ')') }} as {{ outcome }}_{{ population }}_applications,
    {{ as_bigint('sum(' ~ counts ~ ' * overridden)') }} as {{ outcome }}_{{ population }}_overridden,
    {{ as_bigint('sum(' ~ sent ~ ' * (1 - ' ~ outcome ~ '_known))') }} as {{ outcome }}_{{ population }}_unknown,
    sum({{ counts }} * weight) as {{ outcome }}_{{ population }}_weight,
    sum({{ counts }} * weight * {{ outcome }}_reached) as {{ outcome }}_{{ population }}_reached
    {%- endfor %}
    {%- endfor %}
from applications
group by person_key, framing_drawn
