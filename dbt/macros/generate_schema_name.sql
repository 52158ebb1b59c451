{#- Why: schemas are a contract (roles, grants, other rooms), so they are exactly the names given, never
    prefixed by the developer's default. BigQuery has one namespace per project, so there the dataset carries
    the product's name: `cvstomize_marts`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set name = (custom_schema_name or 'staging') | trim -%}
    {%- if target.type == 'bigquery' -%}
        {{ target.schema | replace('_staging', '_' ~ name) }}
    {%- else -%}
        {{ name }}
    {%- endif -%}
{%- endmacro %}
