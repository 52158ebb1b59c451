{{ config(**working_table()) }}
-- One row per application that counts in durations: its days from time zero, capped at 180, and how they ended.
-- Silent people (no scheduled check-in answered) count as no interview: their spells end by censoring.
with

days as (
    select
        applications.*,
        case
            when not answered_scheduled_check_in then follow_up_day
            when exit_kind = 'open' then follow_up_day
            else exit_day
        end as spell_day
    from (
        select published.*, published.follow_up_days as follow_up_day
        from {{ ref('int_published_applications') }} as published
        where published.excluded_reason is null
    ) as applications
),

spells as (
    select
        days.*,
        case when answered_scheduled_check_in then 1 else 0 end as answered,
        case when asked_by_check_in then 1 else 0 end as asked,
        {{ as_bigint('case when spell_day > 180 then 180 else spell_day end') }} as day,
        case
            when spell_day > 180 or not answered_scheduled_check_in or exit_kind = 'open' then 0
            when exit_kind = 'interview' then 1
            else 2
        end as ending
    from days
)

select
    resume_id,
    person_key,
    answered,
    asked,
    day,
    ending,
    {{ spell_cell('day', 'ending') }} as cell,
    framing_drawn,
    pdf_template,
    {% for trait in traits() -%}
    {{ trait }}_band,
    {% endfor -%}
    job_family,
    seniority,
    provider,
    model,
    model_drawn
from spells
