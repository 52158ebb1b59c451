-- One row per application with training consent: its newest version with its outcome, the query the product began
-- with. Texts are here only; no mart reads this model.
with

versions as (
    select
        versions.*,
        row_number() over (partition by versions.resume_id order by versions.version desc) as newest
    from {{ ref('stg_resume_versions') }} as versions
    where versions.created_at <= {{ moment(as_of_moment()) }}
)

select
    versions.resume_version_id,
    versions.resume_id,
    versions.person_key,
    versions.former_person_keys,
    versions.version,
    versions.version_source,
    applications.job_ad_id,
    applications.job_family,
    applications.seniority,
    applications.region,
    applications.language,
    applications.framing_drawn,
    applications.framing_used,
    applications.framing_named_by_person,
    applications.provider,
    applications.model,
    applications.prompt_version,
    versions.trait_bands,
    versions.body_markdown,
    versions.content,
    versions.profile_facts,
    job_ads.body_text as job_ad_text,
    job_ads.analysis as job_ad_analysis,
    versions.created_at,
    people.training_policy_version,
    versions.training_eligible,
    applications.time_zero,
    applications.follow_up_days,
    applications.exit_kind,
    applications.interview,
    applications.interview_day,
    applications.rejected_day,
    applications.no_answer_yet_day,
    applications.withdrawn_day,
    applications.offer_day,
    applications.days_to_interview,
    applications.offer,
    applications.accepted,
    applications.yearly_pay_usd
from versions
inner join {{ ref('fct_applications') }} as applications on applications.resume_id = versions.resume_id
inner join {{ ref('stg_people') }} as people
    on people.person_key = versions.person_key
    and people.training_granted
left join {{ ref('stg_job_ads') }} as job_ads on job_ads.job_ad_id = applications.job_ad_id
where versions.newest = 1
