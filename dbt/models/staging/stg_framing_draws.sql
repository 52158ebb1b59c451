select
    framing_draw_id,
    person_key,
    job_ad_id,
    framing,
    named_by_person,
    {{ as_float('probability') }} as probability,
    policy_version,
    drawn_at,
    model_drawn,
    {{ as_float('model_probability') }} as model_probability
from {{ source('export', 'framing_draws') }}
