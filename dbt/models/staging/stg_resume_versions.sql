select
    resume_version_id,
    resume_id,
    person_key,
    version,
    body_markdown,
    content,
    profile_facts,
    trait_bands,
    source as version_source,
    training_eligible,
    created_at,
    former_person_keys
from {{ source('export', 'resume_versions') }}
