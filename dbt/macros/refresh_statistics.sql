{% macro refresh_statistics() %}
    {#- Postgres plans with what it last measured, and a table that was filled a second ago was never measured: the next
        model would be joined by nested loops. BigQuery keeps its own statistics. Used as a post-hook of every table. -#}
    {{ return(adapter.dispatch('refresh_statistics', 'cvstomize')()) }}
{% endmacro %}

{% macro default__refresh_statistics() %}{% endmacro %}

{% macro postgres__refresh_statistics() %}
    {%- if model.config.materialized in ('table', 'seed') %}analyze {{ this }}{% endif -%}
{% endmacro %}
