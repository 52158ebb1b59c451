{{ config(**working_table()) }}
-- Who answers the scheduled check-ins, and what the silent report of their own accord; before disclosure control.
select
    group_by,
    group_value,
    people,
    people_asked,
    people_answered,
    people_asked - people_answered as people_silent,
    {{ ratio('people_answered', 'people_asked') }} as response_rate,
    {{ ratio('answered_with_interview', 'people_answered') }} as answered_with_interview,
    {{ ratio('silent_with_interview', 'people_asked - people_answered') }} as silent_with_interview,
    {{ ratio('silent_with_rejection', 'people_asked - people_answered') }} as silent_with_rejection
from {{ ref('int_stage_sums') }}
