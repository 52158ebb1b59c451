{#- What one person adds to a group: counts, and the influences of all the person's applications in it.

    influences: SQL prefix of the influence columns, for example `influence.`. -#}
{% macro person_sums(influences) %}
        max(answered) as answered,
        max(asked) as asked,
        sum(applications) as applications,
        max(last_day) as last_day
        {%- for horizon in incidence_horizons() %},
        sum({{ influences }}answered_{{ horizon }}) as answered_{{ horizon }},
        sum({{ influences }}everyone_{{ horizon }}) as everyone_{{ horizon }}
        {%- endfor %}
{%- endmacro %}

{#- The figures of a grouping from one row per person and group, made by `person_sums`: how many people, and the variance
    as the sum of the squared sums. -#}
{% macro group_figures(group_by, by_person) %}
select
    '{{ group_by }}' as group_by,
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
    {{ by_person }}
) as by_person
group by group_value
{% endmacro %}
