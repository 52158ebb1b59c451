{{ config(**working_table()) }}
-- Endings per day for every group, in two populations: those who answered a scheduled check-in, and everyone.
{#- Attributes with few values are counted together first; the groupings made of them then add up these few rows. -#}
{%- set together = [
    (['overall', 'framing', 'job_family', 'framing_and_job_family'], ['framing_drawn', 'job_family']),
    (
        ['template', 'seniority', 'provider', 'model', 'model_drawn'],
        ['pdf_template', 'seniority', 'provider', 'model', 'model_drawn'],
    ),
    (traits()[:2], [traits()[0] ~ '_band', traits()[1] ~ '_band']),
    (traits()[2:], [traits()[2] ~ '_band', traits()[3] ~ '_band', traits()[4] ~ '_band']),
] %}
{%- for name, _ in incidence_groupings() if name not in together | map(attribute=0) | sum(start=[]) %}
    {{ exceptions.raise_compiler_error("say in int_incidence_counts with which attributes " ~ name ~ " is counted") }}
{%- endfor %}
with

{% for _, attributes in together -%}
together_{{ loop.index }} as (
    select
        {{ attributes | join(', ') }},
        answered,
        day,
        ending,
        {{ as_bigint('count(*)') }} as spells
    from {{ ref('int_incidence_spells') }}
    group by {{ attributes | join(', ') }}, answered, day, ending
),

{% endfor -%}
counted as (
    {%- for names, _ in together %}
    {%- set outer = loop %}
    {%- for name, expression in incidence_groupings() if name in names %}
    select
        '{{ name }}' as group_by,
        {{ expression }} as group_value,
        answered,
        day,
        {{ as_bigint('sum(case when ending = 1 then spells else 0 end)') }} as events,
        {{ as_bigint('sum(case when ending = 2 then spells else 0 end)') }} as competing,
        {{ as_bigint('sum(case when ending = 0 then spells else 0 end)') }} as censored
    from together_{{ outer.index }}
    where {{ expression }} is not null
    group by 2, 3, 4
    {{ 'union all' if not (loop.last and outer.last) }}
    {%- endfor %}
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
