{{ config(**working_table()) }}
-- Who answers the scheduled check-ins, and what the silent report of their own accord; before disclosure control.
{% for name, expression in stage_groupings() %}
select
    '{{ name }}' as group_by,
    group_value,
    {{ as_bigint('count(*)') }} as people,
    {{ as_bigint('sum(asked)') }} as people_asked,
    {{ as_bigint('sum(answered)') }} as people_answered,
    {{ as_bigint('sum(asked) - sum(answered)') }} as people_silent,
    {{ as_float('sum(answered)') }} / case when sum(asked) > 0 then {{ as_float('sum(asked)') }} end as response_rate,
    {{ as_float('sum(answered * interview)') }} / case when sum(answered) > 0 then {{ as_float('sum(answered)') }} end
        as answered_with_interview,
    {{ as_float('sum((asked - answered) * interview)') }}
    / case when sum(asked) > sum(answered) then {{ as_float('sum(asked) - sum(answered)') }} end
        as silent_with_interview,
    {{ as_float('sum((asked - answered) * rejected)') }}
    / case when sum(asked) > sum(answered) then {{ as_float('sum(asked) - sum(answered)') }} end
        as silent_with_rejection
from (
    select
        {{ expression }} as group_value,
        person_key,
        max(case when asked_by_check_in or answered_scheduled_check_in then 1 else 0 end) as asked,
        max(case when answered_scheduled_check_in then 1 else 0 end) as answered,
        max(case when interview then 1 else 0 end) as interview,
        max(case when rejected_on is not null then 1 else 0 end) as rejected
    from {{ ref('int_published_applications') }}
    where {{ expression }} is not null
    group by 1, 2
) as by_person
group by group_value
{{ 'union all' if not loop.last }}
{% endfor %}
