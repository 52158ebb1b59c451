select
    person_key,
    registered_at,
    training_granted,
    training_policy_version
from {{ source('export', 'people') }}
