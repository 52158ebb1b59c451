"""Values that have no exact counterpart in another engine are refused where they would be written.

NaN passes `usd_per_unit > 0`, since Postgres sorts it above every number; `infinity` is a time like any other. Both end
up as rows that cannot be exported. Every number, date and time that an `export` view reads gets a constraint, and so
does every number of the other tables; a test holds the list against the views. The views read the drawn framing's
chance out of a JSON document: text there, or a chance of 12, would stop the whole table.

`not valid`: what is written from now on is checked, and no table is read while its lock is held. Revision 0016 checks
the rows that are there.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TIME = "{column} between '0001-01-01 00:00+00' and '9999-12-31 23:59:59.999999+00'"
DATE = "{column} between '0001-01-01' and '9999-12-31'"
NUMBER = "{column} <> 'NaN'::numeric"
CHANCE = (
    "case coalesce(jsonb_typeof({document} -> {drawn}), 'null') when 'null' then true"
    " when 'number' then ({document} ->> {drawn})::numeric between 0 and 1 else false end"
)
COLUMNS = {
    "users": {"created_at": TIME, "access_ended_at": TIME},
    "consents": {"recorded_at": TIME},
    "personality_scores": {"recorded_at": TIME, "standard_error": NUMBER},
    "job_ads": {"created_at": TIME},
    "framing_draws": {
        "drawn_at": TIME,
        "probability": CHANCE.format(document="probabilities", drawn="framing"),
        "model_probability": CHANCE.format(document="model_probabilities", drawn="model_drawn"),
    },
    "resumes": {"first_downloaded_at": TIME, "last_viewed_at": TIME, "created_at": TIME},
    "resume_versions": {"created_at": TIME},
    "outcome_events": {"occurred_at": TIME, "recorded_at": TIME},
    "check_ins": {"due_at": TIME, "sent_at": TIME, "answered_at": TIME, "created_at": TIME},
    "exchange_rates": {"loaded_at": TIME, "month": DATE, "usd_per_unit": NUMBER},
    "generation_runs": {"cost_amount": NUMBER},
    "models": {"share": NUMBER},
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        added = ", ".join(
            f"add constraint ck_{table}_{column}_exact check ({condition.format(column=column)}) not valid"
            for column, condition in columns.items()
        )
        op.execute(f"alter table cvstomize.{table} {added}")
