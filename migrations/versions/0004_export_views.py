"""The `export` views: the only way out of the operational schema.

A person is in them while their newest `outcome_research` decision is a yes. Texts (resume, facts, job ad) are there
only while the newest `training` decision is a yes as well. Types are the portable ones: text, bigint, numeric,
boolean, timestamptz, date; ids and JSON go as text so that both warehouses hold the same value.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

VIEWS = (
    """
    create view cvstomize.current_consents as
    select distinct on (user_id, purpose) user_id, purpose, granted, policy_version, recorded_at
    from cvstomize.consents
    order by user_id, purpose, recorded_at desc, id desc
    """,
    """
    create view cvstomize.exportable_people as
    select
        u.id as user_id,
        u.person_key,
        u.created_at,
        coalesce(t.granted, false) as training_granted,
        case when t.granted then t.policy_version end as training_policy_version
    from cvstomize.users u
    join cvstomize.current_consents r on r.user_id = u.id and r.purpose = 'outcome_research' and r.granted
    left join cvstomize.current_consents t on t.user_id = u.id and t.purpose = 'training'
    where u.access_ended_at is null
    """,
    """
    create view export.people as
    select person_key, created_at as registered_at, training_granted, training_policy_version
    from cvstomize.exportable_people
    """,
    """
    create view export.traits as
    select s.id::text as trait_score_id, p.person_key, s.trait, s.score, s.standard_error,
        s.item_count::bigint as item_count, s.source, s.recorded_at
    from cvstomize.personality_scores s
    join cvstomize.exportable_people p on p.user_id = s.user_id
    """,
    """
    create view export.job_ads as
    select a.id::text as job_ad_id, p.person_key, a.job_family, a.seniority, a.region,
        case when p.training_granted then a.body_text end as body_text,
        case when p.training_granted then a.analysis::text end as analysis,
        a.created_at
    from cvstomize.job_ads a
    join cvstomize.exportable_people p on p.user_id = a.user_id
    """,
    """
    create view export.framing_draws as
    select d.id::text as framing_draw_id, p.person_key, d.job_ad_id::text as job_ad_id, d.framing,
        d.named_by_person, d.probabilities::text as probabilities,
        (d.probabilities ->> d.framing)::numeric(10, 9) as probability,
        d.policy_version, d.drawn_at
    from cvstomize.framing_draws d
    join cvstomize.exportable_people p on p.user_id = d.user_id
    """,
    """
    create view export.resumes as
    select r.id::text as resume_id, p.person_key, r.job_ad_id::text as job_ad_id,
        r.framing_draw_id::text as framing_draw_id, r.framing as framing_used, r.pdf_template, r.page_size,
        r.language, r.provider, r.model, r.prompt_version, r.degraded, r.current_version::bigint as current_version,
        r.viewed_count, r.shared_count, r.downloaded_count, r.first_downloaded_at, r.last_viewed_at, r.created_at
    from cvstomize.resumes r
    join cvstomize.exportable_people p on p.user_id = r.user_id
    """,
    """
    create view export.resume_versions as
    select v.id::text as resume_version_id, v.resume_id::text as resume_id, p.person_key,
        v.version::bigint as version, v.body_markdown, v.content::text as content,
        v.profile_facts::text as profile_facts, v.trait_bands::text as trait_bands, v.source,
        v.training_eligible, v.created_at
    from cvstomize.resume_versions v
    join cvstomize.resumes r on r.id = v.resume_id
    join cvstomize.exportable_people p on p.user_id = r.user_id and p.training_granted
    """,
    """
    create view export.outcome_events as
    select e.id::text as outcome_event_id, e.resume_id::text as resume_id, p.person_key, e.kind, e.retracts,
        e.occurred_at, e.salary_amount, e.salary_currency, e.salary_period, e.salary_basis, e.full_time_share,
        e.source, e.check_in_id::text as check_in_id, e.recorded_at
    from cvstomize.outcome_events e
    join cvstomize.resumes r on r.id = e.resume_id
    join cvstomize.exportable_people p on p.user_id = r.user_id
    """,
    """
    create view export.check_ins as
    select c.id::text as check_in_id, c.resume_id::text as resume_id, p.person_key, c.day::bigint as day, c.due_at,
        c.sent_at, c.answered_at, c.created_at
    from cvstomize.check_ins c
    join cvstomize.resumes r on r.id = c.resume_id
    join cvstomize.exportable_people p on p.user_id = r.user_id
    """,
    """
    create view export.exchange_rates as
    select currency || '-' || to_char(month, 'YYYY-MM') as exchange_rate_id, currency, month, usd_per_unit, is_sample,
        loaded_at
    from cvstomize.exchange_rates
    """,
)


def upgrade() -> None:
    for view in VIEWS:
        op.execute(view)
    op.execute("grant select on all tables in schema export to cvstomize_pipeline")
    op.execute("revoke all on cvstomize.current_consents, cvstomize.exportable_people from cvstomize_app")
    op.execute("grant select on cvstomize.current_consents to cvstomize_app, cvstomize_eraser")
