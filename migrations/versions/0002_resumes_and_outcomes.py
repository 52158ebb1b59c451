"""Answers, framings, resumes, outcomes, sharing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# squawk prefer-bigint-over-int: versions, days, pages and tokens of one document, never rows of a table
revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation_answers",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("answer_text", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "item_scores",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("skipped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["cvstomize.conversations.id"],
            name=op.f("fk_conversation_answers_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_answers")),
        sa.UniqueConstraint(
            "conversation_id", "question_id", name=op.f("uq_conversation_answers_conversation_id_question_id")
        ),
        schema="cvstomize",
    )
    op.create_table(
        "framing_draws",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("job_ad_id", sa.UUID(), nullable=False),
        sa.Column("framing", sa.Text(), nullable=False),
        sa.Column("named_by_person", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("probabilities", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_ad_id"], ["cvstomize.job_ads.id"], name=op.f("fk_framing_draws_job_ad_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["cvstomize.users.id"], name=op.f("fk_framing_draws_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framing_draws")),
        sa.UniqueConstraint("user_id", "job_ad_id", name=op.f("uq_framing_draws_user_id_job_ad_id")),
        schema="cvstomize",
    )
    op.create_index(
        op.f("ix_framing_draws_job_ad_id"), "framing_draws", ["job_ad_id"], unique=False, schema="cvstomize"
    )
    op.create_table(
        "models",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column("tuning_run_id", sa.UUID(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("share", sa.Numeric(precision=4, scale=3), server_default="0", nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "evaluation", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status in ('candidate', 'arm', 'promoted', 'rolled_back', 'retire_required', 'retired')",
            name=op.f("ck_models_status_known"),
        ),
        sa.ForeignKeyConstraint(["tuning_run_id"], ["cvstomize.tuning_runs.id"], name=op.f("fk_models_tuning_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("name", name=op.f("uq_models_name")),
        schema="cvstomize",
    )
    op.create_index(op.f("ix_models_tuning_run_id"), "models", ["tuning_run_id"], unique=False, schema="cvstomize")
    op.create_table(
        "profile_imports",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("upload_id", sa.UUID(), nullable=True),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("provenance", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("unparsed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status in ('draft', 'confirmed', 'discarded')", name=op.f("ck_profile_imports_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["cvstomize.uploads.id"], name=op.f("fk_profile_imports_upload_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["cvstomize.users.id"], name=op.f("fk_profile_imports_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_imports")),
        schema="cvstomize",
    )
    op.create_index(
        op.f("ix_profile_imports_user_id"), "profile_imports", ["user_id"], unique=False, schema="cvstomize"
    )
    op.create_table(
        "resumes",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("job_ad_id", sa.UUID(), nullable=True),
        sa.Column("framing_draw_id", sa.UUID(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("pdf_template", sa.Text(), server_default="classic", nullable=False),
        sa.Column("page_size", sa.Text(), server_default="A4", nullable=False),
        sa.Column("page_target", sa.Integer(), nullable=True),
        sa.Column("framing", sa.Text(), nullable=False),
        sa.Column("current_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("prompt_version", sa.Text(), nullable=False),
        sa.Column("degraded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("interview_received", sa.Boolean(), nullable=True),
        sa.Column("interview_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_offer_received", sa.Boolean(), nullable=True),
        sa.Column("job_offer_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("salary_offered", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("salary_currency", sa.Text(), nullable=True),
        sa.Column("salary_period", sa.Text(), nullable=True),
        sa.Column("outcome_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_notes", sa.Text(), nullable=True),
        sa.Column("viewed_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("shared_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("downloaded_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("first_downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_viewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("page_size in ('A4', 'Letter')", name=op.f("ck_resumes_page_size_known")),
        sa.CheckConstraint(
            "pdf_template in ('classic', 'modern', 'minimal')", name=op.f("ck_resumes_pdf_template_known")
        ),
        sa.CheckConstraint("salary_currency ~ '^[A-Z]{3}$'", name=op.f("ck_resumes_salary_currency_iso")),
        sa.CheckConstraint("salary_offered <> 'NaN'::numeric", name=op.f("ck_resumes_salary_offered_is_a_number")),
        sa.CheckConstraint(
            "salary_period in ('year', 'month', 'week', 'day', 'hour')", name=op.f("ck_resumes_salary_period_known")
        ),
        sa.CheckConstraint("salary_offered > 0", name=op.f("ck_resumes_salary_offered_positive")),
        sa.ForeignKeyConstraint(
            ["framing_draw_id"],
            ["cvstomize.framing_draws.id"],
            name=op.f("fk_resumes_framing_draw_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["job_ad_id"], ["cvstomize.job_ads.id"], name=op.f("fk_resumes_job_ad_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["cvstomize.users.id"], name=op.f("fk_resumes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resumes")),
        schema="cvstomize",
    )
    op.create_index(
        "ix_resumes_user_id_created_at_id", "resumes", ["user_id", "created_at", "id"], unique=False, schema="cvstomize"
    )
    op.create_table(
        "check_ins",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("resume_id", sa.UUID(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("day in (14, 30, 60, 90)", name=op.f("ck_check_ins_day_known")),
        sa.ForeignKeyConstraint(
            ["resume_id"], ["cvstomize.resumes.id"], name=op.f("fk_check_ins_resume_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
        sa.UniqueConstraint("resume_id", "day", name=op.f("uq_check_ins_resume_id_day")),
        schema="cvstomize",
    )
    op.create_index(
        "ix_check_ins_due",
        "check_ins",
        ["due_at"],
        unique=False,
        schema="cvstomize",
        postgresql_where=sa.text("answered_at is null"),
    )
    op.create_table(
        "generation_runs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("resume_id", sa.UUID(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("prompt_version", sa.Text(), nullable=False),
        sa.Column("framing", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("rejected", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cost_amount", sa.Numeric(precision=14, scale=6), nullable=True),
        sa.Column("cost_currency", sa.Text(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status in ('ok', 'failed')", name=op.f("ck_generation_runs_status_known")),
        sa.ForeignKeyConstraint(
            ["resume_id"], ["cvstomize.resumes.id"], name=op.f("fk_generation_runs_resume_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["cvstomize.users.id"], name=op.f("fk_generation_runs_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation_runs")),
        schema="cvstomize",
    )
    op.create_index(
        op.f("ix_generation_runs_user_id"), "generation_runs", ["user_id"], unique=False, schema="cvstomize"
    )
    op.create_table(
        "resume_versions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("resume_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body_markdown", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("profile_facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trait_bands", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("training_eligible", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("source in ('generated', 'edited')", name=op.f("ck_resume_versions_source_known")),
        sa.ForeignKeyConstraint(
            ["resume_id"], ["cvstomize.resumes.id"], name=op.f("fk_resume_versions_resume_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resume_versions")),
        sa.UniqueConstraint("resume_id", "version", name=op.f("uq_resume_versions_resume_id_version")),
        schema="cvstomize",
    )
    op.create_table(
        "share_links",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("resume_id", sa.UUID(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["resume_id"], ["cvstomize.resumes.id"], name=op.f("fk_share_links_resume_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_links")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_share_links_token_sha256")),
        schema="cvstomize",
    )
    op.create_index(op.f("ix_share_links_resume_id"), "share_links", ["resume_id"], unique=False, schema="cvstomize")
    op.create_table(
        "outcome_events",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("resume_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("retracts", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("salary_amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("salary_currency", sa.Text(), nullable=True),
        sa.Column("salary_period", sa.Text(), nullable=True),
        sa.Column("salary_basis", sa.Text(), nullable=True),
        sa.Column("full_time_share", sa.Numeric(precision=4, scale=3), nullable=True),
        sa.Column("source", sa.Text(), server_default="report", nullable=False),
        sa.Column("check_in_id", sa.UUID(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "(kind = 'retracted') = (retracts is not null)", name=op.f("ck_outcome_events_retracts_only_when_retracted")
        ),
        sa.CheckConstraint(
            "kind in ('applied', 'rejected', 'interview', 'offer', 'accepted', 'withdrawn', 'no_answer_yet',"
            " 'retracted')",
            name=op.f("ck_outcome_events_kind_known"),
        ),
        sa.CheckConstraint("salary_amount <> 'NaN'::numeric", name=op.f("ck_outcome_events_salary_amount_is_a_number")),
        sa.CheckConstraint("salary_basis in ('gross', 'net')", name=op.f("ck_outcome_events_salary_basis_known")),
        sa.CheckConstraint("salary_currency ~ '^[A-Z]{3}$'", name=op.f("ck_outcome_events_salary_currency_iso")),
        sa.CheckConstraint(
            "salary_period in ('year', 'month', 'week', 'day', 'hour')",
            name=op.f("ck_outcome_events_salary_period_known"),
        ),
        sa.CheckConstraint("source in ('report', 'check_in')", name=op.f("ck_outcome_events_source_known")),
        sa.CheckConstraint(
            "full_time_share > 0 and full_time_share <= 1", name=op.f("ck_outcome_events_full_time_share_range")
        ),
        sa.CheckConstraint("isfinite(occurred_at)", name=op.f("ck_outcome_events_occurred_at_finite")),
        sa.CheckConstraint("salary_amount > 0", name=op.f("ck_outcome_events_salary_amount_positive")),
        sa.ForeignKeyConstraint(
            ["check_in_id"], ["cvstomize.check_ins.id"], name=op.f("fk_outcome_events_check_in_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["resume_id"], ["cvstomize.resumes.id"], name=op.f("fk_outcome_events_resume_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_events")),
        schema="cvstomize",
    )
    op.create_index(
        op.f("ix_outcome_events_check_in_id"), "outcome_events", ["check_in_id"], unique=False, schema="cvstomize"
    )
    op.create_index(
        "ix_outcome_events_resume_id_recorded_at",
        "outcome_events",
        ["resume_id", "recorded_at"],
        unique=False,
        schema="cvstomize",
    )
    op.create_table(
        "view_events",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("share_link_id", sa.UUID(), nullable=False),
        sa.Column("resume_id", sa.UUID(), nullable=False),
        sa.Column("visitor_hash", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("viewed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["resume_id"], ["cvstomize.resumes.id"], name=op.f("fk_view_events_resume_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["share_link_id"],
            ["cvstomize.share_links.id"],
            name=op.f("fk_view_events_share_link_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view_events")),
        sa.UniqueConstraint(
            "share_link_id", "visitor_hash", "hour", name=op.f("uq_view_events_share_link_id_visitor_hash_hour")
        ),
        schema="cvstomize",
    )
    op.create_index(op.f("ix_view_events_resume_id"), "view_events", ["resume_id"], unique=False, schema="cvstomize")
