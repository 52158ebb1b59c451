{#- Fails for every combination of key columns that occurs more than once or has a NULL. One query for both, because each
    test is a job on BigQuery. -#}
{% test primary_key(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 {% for column in columns %} or {{ column }} is null {% endfor %}
{% endtest %}
