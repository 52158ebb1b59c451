"""Which datasets a model learnt from, its parents' included, and which models must go. I/O on Postgres only.

A model tuned on from another one's checkpoint learnt from that one's dataset too. Looked at as things are now, not at
the moment a dataset is revoked: a run that ends after the revocation brings its model out all the same.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from pipelines.lib.training.run_registry import RecordedRun, select_runs

RETIRE_DAYS = 30
"""How long a model may stay that learnt from somebody who left: the month in which an erasure has to be done."""
REVOKED_RUNS = sql.SQL("""
with recursive revoked as (
    select run.id, 1 as generation
    from cvstomize.tuning_runs as run
    join cvstomize.datasets as dataset on dataset.id = run.dataset_id
    where dataset.status = 'revoked'
    union
    select child.id, revoked.generation + 1
    from revoked
    join cvstomize.models as parent on parent.tuning_run_id = revoked.id
    join cvstomize.tuning_runs as child
        on split_part(split_part(child.details ->> 'parent_checkpoint', '#', 1), '@', 1)
        = split_part(parent.name, '@', 1)
    where revoked.generation < 50
)
""")


def has_revoked_dataset(connection: psycopg.Connection, model_id: Any) -> bool:
    """Whether a dataset in the model's lineage is revoked."""
    found = connection.execute(
        REVOKED_RUNS
        + sql.SQL(
            "select exists (select from cvstomize.models where id = %s and tuning_run_id in (select id from revoked))"
        ),
        [model_id],
    ).fetchone()
    return bool(found and found[0])


def models_to_mark(connection: psycopg.Connection) -> list[Any]:
    """Ids of models with a revoked dataset in their lineage that are not marked for retirement yet."""
    rows = connection.execute(
        REVOKED_RUNS
        + sql.SQL(
            "select id from cvstomize.models where status not in ('retire_required', 'retired')"
            " and tuning_run_id in (select id from revoked) order by id"
        )
    ).fetchall()
    return [row[0] for row in rows]


def run_learns_from_revoked(connection: psycopg.Connection, run_id: str) -> bool:
    """Whether a dataset in the run's lineage is revoked: no job may be created for it any more."""
    found = connection.execute(
        REVOKED_RUNS + sql.SQL("select exists (select from revoked where id = %s)"), [run_id]
    ).fetchone()
    return bool(found and found[0])


def unsettled_runs(connection: psycopg.Connection) -> list[RecordedRun]:
    """Tuning runs that learn or learnt from a revoked dataset and whose jobs at Vertex were not all accounted for."""
    rows = connection.execute(
        REVOKED_RUNS
        + sql.SQL(
            "select run.id from cvstomize.tuning_runs as run where not run.details ? 'settled_at'"
            " and run.id in (select id from revoked)"
        )
    ).fetchall()
    return select_runs(connection, "run.id = any(%s)", [[row[0] for row in rows]]) if rows else []
