select
    job_ad_id,
    person_key,
    job_family,
    seniority,
    region,
    body_text,
    analysis,
    created_at
from {{ source('export', 'job_ads') }}
