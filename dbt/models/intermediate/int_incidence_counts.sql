{{ config(**working_table()) }}
-- Endings per day for every group, in two populations: those who answered a scheduled check-in, and everyone.
with

counted as (
    {%- for name, expression in incidence_groupings() %}
    select
        '{{ name }}' as group_by,
        {{ expression }} as group_value,
        answered,
        day,
        sum(case when ending = 1 then 1 else 0 end) as events,
        sum(case when ending = 2 then 1 else 0 end) as competing,
        sum(case when ending = 0 then 1 else 0 end) as censored
    from {{ ref('int_incidence_spells') }}
    where {{ expression }} is not null
    group by 2, 3, 4
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    group_by,
    group_value,
    'everyone' as population,
    day,
    {{ as_bigint('sum(events)') }} as events,
    {{ as_bigint('sum(competing)') }} as competing,
    {{ as_bigint('sum(censored)') }} as censored
from counted
group by group_by, group_value, day
union all
select
    group_by,
    group_value,
    'answered' as population,
    day,
    {{ as_bigint('sum(events)') }} as events,
    {{ as_bigint('sum(competing)') }} as competing,
    {{ as_bigint('sum(censored)') }} as censored
from counted
where answered = 1
group by group_by, group_value, day
