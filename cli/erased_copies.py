"""The last step of an erasure: looking for the person in everything the pipelines hold.

The nightly run rebuilds raw, core and marts and revokes datasets; this only looks, as the pipeline role, and moves a
request on to `erased` when nothing names the person any more, and to `models_retired` when no model waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from pipelines.lib.residue import keys_in_bigquery, keys_in_objects, keys_in_postgres
from pipelines.lib.training.retirement import close_erasures
from pipelines.settings import PipelineSettings

STATEMENT_TIMEOUT = "60s"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request whose copies are still to be looked for."""

    id: Any
    person_key: str


def verify_copies(settings: PipelineSettings) -> dict[str, list[str]]:
    """Look for everybody whose operational data is gone; return, by request, where they were still found.

    Raises psycopg.Error or google.api_core.exceptions.GoogleAPIError when a store cannot be asked; no request is then
    called erased on a guess.
    """
    found: dict[str, list[str]] = {}
    with psycopg.connect(settings.database_url, connect_timeout=5, autocommit=True) as connection:
        connection.execute(sql.SQL("set statement_timeout = {}").format(sql.Literal(STATEMENT_TIMEOUT)))
        rows = connection.execute(
            "select id, person_key from cvstomize.erasure_requests where status = 'operational_erased'"
            # Before the sweep a request of the last moment may still store an object.
            " and progress ? 'swept'"
        ).fetchall()
        waiting = [Waiting(*row) for row in rows]
        wanted = [request.person_key for request in waiting]
        places = keys_in_postgres(connection, wanted)
        places |= keys_in_bigquery(settings, wanted) | keys_in_objects(settings, wanted)
        for request in waiting:
            left = sorted(place for place, keys in places.items() if request.person_key in keys)
            if left:
                found[str(request.id)] = left
                continue
            connection.execute(
                "update cvstomize.erasure_requests set status = 'erased', erased_at = now(),"
                " progress = progress || jsonb_build_object('copies', now()::text)"
                " where id = %s and status = 'operational_erased'",
                [request.id],
            )
        close_erasures(connection)
    return found
