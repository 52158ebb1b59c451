{#- Fails when a model has no row. A warning where an installation without people is a legitimate state. -#}
{% test not_empty(model) %}
select 1 as is_empty
from (select count(*) as row_count from {{ model }}) as counted
where row_count = 0
{% endtest %}
