"""What `cvstomize doctor` looks at: one function for each thing that stopped a deployment before.

Each returns a detail when all is well and raises FaultError with the remedy otherwise. None changes anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    from api.settings import Settings

CONNECT_SECONDS = 5
CALL_SECONDS = 8.0
CLOCK_TOLERANCE_SECONDS = 5.0
"""Signed links and ID tokens are judged by this clock; 30 s of leeway must not be used up by the machine alone."""
INSTANCES = 10
"""The most instances the service runs with, deploy/cloud-run/api.service.yaml."""
RESERVED_CONNECTIONS = 20
"""Left to migrations, worker, eraser, pipelines and an operator's psql."""
SAMPLE_TEXTS = {
    "Latin": "Ągnė",
    "Cyrillic": "Ж",
    "Greek": "Ω",
    "Chinese": "漢",
    "Japanese": "あ",
    "Korean": "한",
    "Arabic": "ع",
    "Hebrew": "ש",
    "Devanagari": "अ",
    "Georgian": "ა",
    "Armenian": "Ա",
    "Thai": "ก",
}


class FaultError(Exception):
    """Something is wrong. `remedy` says what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


class SkippedError(Exception):
    """The thing is not used with these settings. The message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer. `ok` is None for what was skipped."""

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""


def look(name: str, check: Callable[[], str]) -> Finding:
    """Carry out one check; an error nobody foresaw is a finding too, not the end of the others."""
    try:
        return Finding(name, True, check())
    except SkippedError as reason:
        return Finding(name, None, str(reason))
    except FaultError as fault:
        return Finding(name, False, str(fault), fault.remedy)
    except Exception as error:  # the doctor must finish its round
        return Finding(name, False, f"{type(error).__name__}", "read the log of the service concerned")


def connect(settings: Settings) -> psycopg.Connection:
    """A connection as the service makes it. Raises FaultError."""
    import psycopg

    from api.db.url import libpq_url

    try:
        return psycopg.connect(libpq_url(settings.database_url.get_secret_value()), connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise FaultError(f"no connection: {reason}", "check DATABASE_URL, and that the server runs") from None


def database_role(settings: Settings) -> str:
    """The service's role may read and write rows, and nothing else: no ownership, no schema, no TRUNCATE."""
    from migrations.roles import APP

    with connect(settings) as connection:
        role, powerful = _row(
            connection, "select current_user, rolsuper or rolcreaterole from pg_roles where rolname = current_user"
        )
        if powerful or role != APP:
            raise FaultError(f"the service connects as {role}", f"let DATABASE_URL name the role {APP}")
        (schema,) = _row(connection, "select to_regnamespace('cvstomize') is not null")
        if not schema:
            raise FaultError("the schema cvstomize is missing", "run `cvstomize migrate` as the migrator")
        (may_write, may_truncate, may_create) = _row(
            connection,
            "select has_table_privilege('cvstomize.resumes', 'select')"
            " and has_table_privilege('cvstomize.resumes', 'insert'),"
            " has_table_privilege('cvstomize.resumes', 'truncate'),"
            " has_schema_privilege('cvstomize', 'create')",
        )
    if not may_write:
        raise FaultError(f"{role} may not write resumes", "run `cvstomize migrate`: it grants what the role needs")
    if may_truncate or may_create:
        raise FaultError(f"{role} may change the schema", f"REVOKE CREATE ON SCHEMA cvstomize FROM {role}")
    return f"{role}: reads and writes rows, owns nothing"


def migration_head(settings: Settings) -> str:
    """The database is at a head this version knows."""
    from api.db.heads import SUPPORTED_HEADS, explain_head

    with connect(settings) as connection:
        (table,) = _row(connection, "select to_regclass('cvstomize.alembic_version') is not null")
        head = _row(connection, "select version_num from cvstomize.alembic_version")[0] if table else None
    if head not in SUPPORTED_HEADS:
        raise FaultError(explain_head(head), "run `cvstomize migrate --check` to see what would run")
    return f"revision {head}"


def connections(settings: Settings) -> str:
    """All instances' pools fit into what the server allows."""
    with connect(settings) as connection:
        (allowed,) = _row(connection, "select current_setting('max_connections')::int")
    wanted = settings.database_pool_size * INSTANCES + RESERVED_CONNECTIONS
    if wanted > allowed and not settings.database_pooler:
        size = max(1, (allowed - RESERVED_CONNECTIONS) // INSTANCES)
        raise FaultError(
            f"{INSTANCES} instances of {settings.database_pool_size} connections and {RESERVED_CONNECTIONS} for others"
            f" are {wanted}, the server allows {allowed}",
            f"set DATABASE_POOL_SIZE to {size}, raise max_connections, or put a pooler in front (DATABASE_POOLER=true)",
        )
    return f"{wanted} of {allowed} connections at most"


def bucket(settings: Settings, name: str) -> str:
    """The bucket can be listed with this machine's credentials."""
    import asyncio

    from api.errors import UnavailableError
    from api.storage.objects import ObjectStore

    if not settings.enable_cloud_storage:
        raise SkippedError("ENABLE_CLOUD_STORAGE is false")
    try:
        asyncio.run(ObjectStore(settings.gcp_project_id, settings.storage_emulator_host).ping(name))
    except UnavailableError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise FaultError(
            f"gs://{name}: {reason}", "run deploy/provision.sh, which makes the buckets and the rights to them"
        ) from None
    return f"gs://{name} answers"


def warehouse() -> str:
    """The raw dataset of the export exists."""
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    from pipelines.lib.export.bigquery_jobs import bigquery_client, call_retry
    from pipelines.settings import PipelineSettingsError, load_settings

    try:
        settings = load_settings()
    except PipelineSettingsError:
        raise SkippedError("the pipelines' settings are not set here") from None
    try:
        bigquery_client(settings).get_dataset(settings.raw_dataset, timeout=CALL_SECONDS, retry=call_retry())
    except (GoogleAPIError, GoogleAuthError) as error:
        raise FaultError(
            f"dataset {settings.raw_dataset}: {str(error).splitlines()[0]}", "run deploy/provision.sh, then an export"
        ) from None
    return f"dataset {settings.raw_dataset} exists"


def fonts() -> str:
    """Every script that names come in can be drawn."""
    from renderer.coverage import Coverage, use_own_fonts

    use_own_fonts()
    coverage = Coverage()
    missing = [script for script, text in SAMPLE_TEXTS.items() if not all(coverage.has(letter) for letter in text)]
    if missing:
        raise FaultError(f"no font for {', '.join(missing)}", "apt-get install fonts-noto-core fonts-noto-cjk")
    return f"{len(SAMPLE_TEXTS)} scripts"


def clock(settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """This machine's clock agrees with the database's."""
    with connect(settings) as connection:
        started = time.monotonic()
        (theirs,) = _row(connection, "select clock_timestamp()")
        difference = abs((now() - theirs).total_seconds()) - (time.monotonic() - started)
    if difference > CLOCK_TOLERANCE_SECONDS:
        raise FaultError(
            f"this clock and the database's differ by {difference:.0f} s",
            "synchronise the clock (chrony, systemd-timesyncd)",
        )
    return f"within {CLOCK_TOLERANCE_SECONDS:g} s of the database's"


def _row(connection: psycopg.Connection, statement: str) -> tuple[Any, ...]:
    row = connection.execute(statement.encode()).fetchone()
    return tuple(row) if row is not None else (None,)
