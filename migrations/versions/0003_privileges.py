"""Schemas of the pipelines, and least rights for every role.

The app gets DML but no DELETE on events and audit-like tables; the eraser alone deletes those. Rights are granted
to tables by name here and by default privileges for tables to come, which count per creating role: this runs as
the owner.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("consents", "outcome_events", "personality_scores", "framing_draws", "view_events", "generation_runs")
PIPELINE_WRITES = ("datasets", "dataset_files", "tuning_runs", "models")

STATEMENTS = (
    "create schema if not exists export",
    "create schema if not exists staging",
    "create schema if not exists core",
    "create schema if not exists marts",
    "grant usage on schema cvstomize to cvstomize_app, cvstomize_eraser, cvstomize_pipeline",
    "grant select, insert, update, delete on all tables in schema cvstomize to cvstomize_app",
    "grant usage, select on all sequences in schema cvstomize to cvstomize_app",
    *(f"revoke delete, update on cvstomize.{table} from cvstomize_app" for table in APPEND_ONLY),
    "revoke delete, update on cvstomize.deletions from cvstomize_app",
    "revoke delete on cvstomize.users, cvstomize.erasure_requests from cvstomize_app",
    "revoke insert, update, delete on cvstomize.alembic_version from cvstomize_app",
    *(f"revoke insert, update, delete on cvstomize.{table} from cvstomize_app" for table in PIPELINE_WRITES),
    "grant select, delete on all tables in schema cvstomize to cvstomize_eraser",
    "revoke delete on cvstomize.alembic_version, cvstomize.deletions from cvstomize_eraser",
    "grant insert on cvstomize.deletions to cvstomize_eraser",
    "grant select, insert, update on cvstomize.erasure_requests, cvstomize.outbox to cvstomize_eraser",
    "grant update on cvstomize.users to cvstomize_eraser",
    *(f"grant select, insert, update, delete on cvstomize.{table} to cvstomize_pipeline" for table in PIPELINE_WRITES),
    "grant select on cvstomize.deletions, cvstomize.erasure_requests to cvstomize_pipeline",
    "grant update (status, progress, erased_at, models_retired_at) on cvstomize.erasure_requests to cvstomize_pipeline",
    "grant usage on schema export to cvstomize_pipeline",
    "grant usage, create on schema staging, core, marts to cvstomize_pipeline",
    "grant usage on schema marts to cvstomize_analyst, cvstomize_app",
    "alter default privileges in schema cvstomize grant select, insert, update, delete on tables to cvstomize_app",
    "alter default privileges in schema cvstomize grant usage, select on sequences to cvstomize_app",
    "alter default privileges in schema cvstomize grant select, delete on tables to cvstomize_eraser",
    "alter default privileges in schema export grant select on tables to cvstomize_pipeline",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
