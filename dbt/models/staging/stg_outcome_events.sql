select
    outcome_event_id,
    resume_id,
    person_key,
    kind,
    retracts,
    occurred_at,
    {{ as_float('salary_amount') }} as salary_amount,
    salary_currency,
    salary_period,
    salary_basis,
    {{ as_float('full_time_share') }} as full_time_share,
    source as event_source,
    check_in_id,
    recorded_at
from {{ source('export', 'outcome_events') }}
