{{ config(**working_table()) }}
-- Per group: how many people, and the variance of each figure with the influences of one person's applications summed
-- first (clustered by person).
{%- for name, expression in incidence_groupings() %}
select
    '{{ name }}' as group_by,
    group_value,
    {{ as_bigint('count(*)') }} as people_everyone,
    {{ as_bigint('sum(answered)') }} as people_answered,
    {{ as_bigint('sum(case when asked = 1 or answered = 1 then 1 else 0 end)') }} as people_asked,
    {{ as_bigint('sum(applications)') }} as applications_everyone,
    {{ as_bigint('sum(case when answered = 1 then applications else 0 end)') }} as applications_answered
    {%- for horizon in incidence_horizons() %},
    {{ as_bigint('sum(case when answered = 1 and last_day >= ' ~ horizon ~ ' then 1 else 0 end)') }}
        as people_at_risk_{{ horizon }},
    sum(case when answered = 1 then answered_{{ horizon }} * answered_{{ horizon }} else 0.0 end)
        as variance_answered_{{ horizon }},
    sum(everyone_{{ horizon }} * everyone_{{ horizon }}) as variance_everyone_{{ horizon }}
    {%- endfor %}
from (
    select
        spells.group_value,
        spells.person_key,
        max(spells.answered) as answered,
        max(spells.asked) as asked,
        count(*) as applications,
        max(spells.day) as last_day
        {%- for horizon in incidence_horizons() %},
        sum(influence.answered_{{ horizon }}) as answered_{{ horizon }},
        sum(influence.everyone_{{ horizon }}) as everyone_{{ horizon }}
        {%- endfor %}
    from (
        select {{ expression }} as group_value, person_key, answered, asked, day, ending
        from {{ ref('int_incidence_spells') }}
        where {{ expression }} is not null
    ) as spells
    inner join (
        select * from {{ ref('int_incidence_influence') }} where group_by = '{{ name }}'
    ) as influence
        on influence.group_value = spells.group_value
        and influence.day = spells.day
        and influence.ending = spells.ending
    group by spells.group_value, spells.person_key
) as by_person
group by group_value
{{ 'union all' if not loop.last }}
{%- endfor %}
