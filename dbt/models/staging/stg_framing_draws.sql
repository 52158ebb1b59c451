select
    framing_draw_id,
    person_key,
    job_ad_id,
    framing,
    named_by_person,
    {{ as_float('probability') }} as probability,
    policy_version,
    drawn_at
from {{ source('export', 'framing_draws') }}
