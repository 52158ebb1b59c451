{{ config(**working_table()) }}
-- People and variances of the groupings in which the applications of one person lie in different groups. Why left joins:
-- see int_incidence_person_groups.
{%- set groupings = incidence_groupings() | rejectattr(0, 'in', ['overall'] + traits()) | list %}
{%- for name, expression in groupings %}
{%- set sums %}
    select
        spells.group_value,
        spells.person,
        {{ person_sums('influence.') }}
    from (
        select
            {{ expression }} as group_value,
            {{ grouping_key('person_key') }} as person,
            answered,
            asked,
            1 as applications,
            day as last_day,
            cell
        from {{ ref('int_incidence_spells') }}
        where {{ expression }} is not null
    ) as spells
    left join (
        select * from {{ ref('int_incidence_influence') }} where group_by = '{{ name }}'
    ) as influence
        on influence.group_value = spells.group_value
        and influence.cell = spells.cell
    group by spells.group_value, spells.person
{%- endset %}
{{ group_figures(name, sums) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
