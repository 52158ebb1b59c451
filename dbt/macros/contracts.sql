{#- Why: with a contract dbt writes `create table (columns) as select`. The contract has already compared names and types of
    the select with the declared ones, so on BigQuery the list adds nothing; stand-ins cannot parse it. -#}
{% macro bigquery__get_table_columns_and_constraints() %}{% endmacro %}
