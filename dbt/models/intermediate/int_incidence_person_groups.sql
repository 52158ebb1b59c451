{{ config(**working_table()) }}
-- People and variances of the groupings whose groups are (nearly) the same for all applications of a person: everybody,
-- and the trait bands. The applications of a person are added up once for all of them. Every spell has its influence;
-- the joins are left ones so that Postgres knows that no row goes missing, which it cannot guess from two columns.
{%- set groupings = incidence_groupings() | selectattr(0, 'in', ['overall'] + traits()) | list %}
with

by_person as (
    select
        {{ grouping_key('spells.person_key') }} as person,
        {% for trait in traits() -%}
        spells.{{ trait }}_band,
        {% endfor -%}
        max(spells.answered) as answered,
        max(spells.asked) as asked,
        count(*) as applications,
        max(spells.day) as last_day
        {%- for name, _ in groupings %}
        {%- for horizon in incidence_horizons() %},
        sum({{ name }}_influence.answered_{{ horizon }}) as {{ name }}_answered_{{ horizon }},
        sum({{ name }}_influence.everyone_{{ horizon }}) as {{ name }}_everyone_{{ horizon }}
        {%- endfor %}
        {%- endfor %}
    from {{ ref('int_incidence_spells') }} as spells
    {%- for name, expression in groupings %}
    left join {{ ref('int_incidence_influence') }} as {{ name }}_influence
        on {{ name }}_influence.group_by = '{{ name }}'
        and {{ name }}_influence.group_value = {{ "'all'" if name == 'overall' else 'spells.' ~ expression }}
        and {{ name }}_influence.cell = spells.cell
    {%- endfor %}
    group by 1, 2, 3, 4, 5, 6
)
{% for name, expression in groupings %}
{%- set sums %}
    select
        {{ expression }} as group_value,
        person,
        {{ person_sums(name ~ '_') }}
    from by_person
    group by 1, 2
{%- endset %}
{{ group_figures(name, sums) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
