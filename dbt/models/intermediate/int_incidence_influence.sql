{{ config(**working_table()) }}
-- What one application with a given day and ending adds to the estimate of its group, for both populations.
with

influence as (
    {{ incidence_influence(
        ref('int_incidence_curves'), ref('int_incidence_horizons'), ['group_by', 'group_value', 'population'],
        incidence_horizons()
    ) }}
)

select
    group_by,
    group_value,
    day,
    ending,
    {{ spell_cell('day', 'ending') }} as cell
    {%- for population in ['answered', 'everyone'] %}
    {%- for horizon in incidence_horizons() %},
    coalesce(max(case when population = '{{ population }}' then influence_{{ horizon }} end), 0.0)
        as {{ population }}_{{ horizon }}
    {%- endfor %}
    {%- endfor %}
from influence
group by group_by, group_value, day, ending
