{#- Why: intermediate tables are rebuilt by every run and read by nobody else, so on Postgres writing them ahead to the log
    would only cost time. BigQuery has no such thing. -#}
{% macro working_table() %}
    {{ return(
        {'materialized': 'table', 'unlogged': true} if target.type == 'postgres' else {'materialized': 'table'}
    ) }}
{% endmacro %}
