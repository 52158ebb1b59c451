{#- Why: intermediate tables are rebuilt by every run and read by nobody else, so on Postgres writing them ahead to the log
    would only cost time. Postgres learns the sizes of a new table only by `analyze`; without it joins of the next model
    are planned for a few rows. BigQuery has neither. -#}
{% macro working_table() %}
    {{ return(
        {'materialized': 'table', 'unlogged': true, 'post_hook': 'analyze {{ this }}'}
        if target.type == 'postgres' else {'materialized': 'table'}
    ) }}
{% endmacro %}
