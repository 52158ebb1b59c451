select
    trait_score_id,
    person_key,
    trait,
    {{ as_float('score') }} as score,
    {{ as_float('standard_error') }} as standard_error,
    item_count,
    source as score_source,
    recorded_at
from {{ source('export', 'traits') }}
