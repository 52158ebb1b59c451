"""Writes the cohort into the operational tables, in parallel and in one transaction, under the app's role."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from functools import partial
from multiprocessing import get_context

import psycopg
from psycopg import sql

from api.privacy.consent_texts import consent_texts
from local.demo.cohort import make_person, vocabulary
from local.demo.cohort_rows import ISSUER, Rows, person_rows

TABLES = (
    "users",
    "consents",
    "profiles",
    "personality_scores",
    "job_ads",
    "framing_draws",
    "resumes",
    "resume_versions",
    "check_ins",
    "outcome_events",
)
CHUNK = 100


def load_cohort(url: str, people: int, seed: int, now: datetime, advance: Callable[[int], None]) -> int:
    """Add the people of the cohort that are not there yet; return how many were added.

    `url` is a libpq URL of the app's role. `advance` is told how many more people are done.
    """
    with psycopg.connect(url, connect_timeout=5) as connection:
        _load_sample_rates(connection, now.date())
        found = connection.execute(
            "select auth_subject from cvstomize.users where auth_issuer = %s and auth_subject like %s",
            [ISSUER, f"{seed}:%"],
        )
        present = {int(subject.split(":")[1]) for (subject,) in found}
        missing = [number for number in range(people) if number not in present]
        advance(people - len(missing))
        chunks = [missing[start : start + CHUNK] for start in range(0, len(missing), CHUNK)]
        make = partial(_make_chunk, seed, now, {text.purpose: (text.version, text.sha256) for text in consent_texts()})
        with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
            for chunk, rows in zip(chunks, pool.map(make, chunks), strict=True):
                for table in TABLES:
                    _copy(connection, table, rows.get(table, []))
                advance(len(chunk))
    return len(missing)


def refresh_statistics(admin_url: str) -> None:
    """Measure the tables after a bulk load, as autovacuum would a little later. `admin_url` is the superuser's."""
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=5) as connection:
        connection.execute("analyze")


def _make_chunk(seed: int, now: datetime, versions: dict[str, tuple[str, str]], numbers: list[int]) -> Rows:
    merged: Rows = {}
    for number in numbers:
        for table, rows in person_rows(make_person(number, seed, now), seed, versions).items():
            merged.setdefault(table, []).extend(rows)
    return merged


def _copy(connection: psycopg.Connection, table: str, rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    columns = list(rows[0])
    statement = sql.SQL("copy cvstomize.{} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row([row[column] for column in columns])


def _load_sample_rates(connection: psycopg.Connection, today: date) -> None:
    """A rate for each currency and month of the last year. Marked as samples: nobody should quote them."""
    for back in range(13):
        month_index = today.year * 12 + today.month - 1 - back
        month = date(month_index // 12, month_index % 12 + 1, 1)
        for currency, rate in vocabulary()["usd_per_unit"].items():
            connection.execute(
                "insert into cvstomize.exchange_rates (currency, month, usd_per_unit, is_sample)"
                " values (%s, %s, %s, true) on conflict do nothing",
                [currency, month, rate],
            )
