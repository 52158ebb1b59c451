{#- Why: on Postgres dbt grants `select` on every mart to the roles that read it, also after a rebuild. On BigQuery
    rights are given once per dataset (IAM), and reading them back needs views that stand-ins do not have. -#}
{% macro bigquery__apply_grants(relation, grant_config, should_revoke=True) %}{% endmacro %}

{#- The readers of a mart: a config for `grants`. -#}
{% macro mart_readers() %}
    {{ return({'select': ['cvstomize_analyst', 'cvstomize_app']}) }}
{% endmacro %}
