{#- By what the time to interview is shown: (name, SQL over an application). A NULL value leaves the row out. -#}
{% macro incidence_groupings() %}
    {%- set groupings = [
        ('overall', "'all'"),
        ('framing', 'framing_drawn'),
        ('template', 'pdf_template'),
    ] -%}
    {%- for trait in traits() -%}
        {%- do groupings.append((trait, trait ~ '_band')) -%}
    {%- endfor -%}
    {%- do groupings.extend([
        ('job_family', 'job_family'),
        ('seniority', 'seniority'),
        ('provider', 'provider'),
        ('model', 'model'),
        ('model_drawn', 'model_drawn'),
        ('framing_and_job_family', "framing_drawn || ' | ' || job_family"),
    ]) -%}
    {{ return(groupings) }}
{% endmacro %}

{#- Days after time zero at which the incidence is shown. -#}
{% macro incidence_horizons() %}{{ return([14, 30, 60, 90]) }}{% endmacro %}

{#- The groups that are always listed, also with no application: one row (group_by, group_value) each. -#}
{% macro listed_incidence_groups() %}
    select listed.group_by, listed.group_value
    from (
    select 'overall' as group_by, 'all' as group_value
    union all
    select group_by, group_value
    from {{ ref('listed_groups') }}
    where group_by in ('framing', 'template')
    union all
    select traits.group_value as group_by, bands.group_value
    from {{ ref('listed_groups') }} as traits
    cross join {{ ref('listed_groups') }} as bands
    where traits.group_by = 'trait' and bands.group_by = 'trait_band'
    ) as listed
{% endmacro %}

{#- Day and ending of a spell in one number: joined by one column, Postgres knows how many rows to expect. -#}
{% macro spell_cell(day, ending) -%} {{ as_bigint('3 * ' ~ day ~ ' + ' ~ ending) }} {%- endmacro %}
