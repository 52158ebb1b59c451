select
    check_in_id,
    resume_id,
    person_key,
    day as scheduled_day,
    due_at,
    sent_at,
    answered_at,
    created_at
from {{ source('export', 'check_ins') }}
