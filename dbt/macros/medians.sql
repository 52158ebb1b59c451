{#- The median of a group, exact also for an even count: the mean of the middle one or two. NULLs must have been left out
    before ranking. An aggregate: use it with `group by`.

    rank: row_number over the group in order of the value, from 1. group_size: count of the group, same on every row. -#}
{% macro median_of(value, rank, group_size) -%}
    avg(case
        when 2 * {{ rank }} between {{ group_size }} and {{ group_size }} + 2 then {{ value }}
    end)
{%- endmacro %}

{#- The McKean-Schrader standard error of a median (McKean & Schrader 1984, Comm. Stat. Sim. 13, 751-773):
    (x[n-k+1] - x[k]) / (2 * 2.5758293) with k = (n+1)/2 - 2.5758293 sqrt(n/4), to the nearest whole number, at least 1.
    An aggregate; arguments as for `median_of`. -#}
{% macro median_standard_error(value, rank, group_size) -%}
    {%- set k -%}
        greatest(1, {{ as_bigint('floor((' ~ group_size ~ ' + 1) / 2.0 - 2.5758293035489 * sqrt(' ~ as_float(group_size) ~ ') / 2.0 + 0.5)') }})
    {%- endset -%}
    (
        max(case when {{ rank }} = {{ group_size }} - {{ k }} + 1 then {{ value }} end)
        - max(case when {{ rank }} = {{ k }} then {{ value }} end)
    ) / (2.0 * 2.5758293035489)
{%- endmacro %}
