"""The rows written before revision 0015 are held against its constraints.

In a transaction of its own: reading a whole table under the lock that adding a constraint takes would keep everybody
waiting. This lock lets reads and writes go on. A row that does not pass stops the revision with the constraint's name;
docs/migrations.md says how to find and mend it.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
separate = True

COLUMNS = {
    "users": ("created_at", "access_ended_at"),
    "consents": ("recorded_at",),
    "personality_scores": ("recorded_at", "standard_error"),
    "job_ads": ("created_at",),
    "framing_draws": ("drawn_at", "probability", "model_probability"),
    "resumes": ("first_downloaded_at", "last_viewed_at", "created_at"),
    "resume_versions": ("created_at",),
    "outcome_events": ("occurred_at", "recorded_at"),
    "check_ins": ("due_at", "sent_at", "answered_at", "created_at"),
    "exchange_rates": ("loaded_at", "month", "usd_per_unit"),
    "generation_runs": ("cost_amount",),
    "models": ("share",),
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        checked = ", ".join(f"validate constraint ck_{table}_{column}_exact" for column in columns)
        op.execute(f"alter table cvstomize.{table} {checked}")
