"""The old tables as they are found: which column holds what, whatever its spelling, and how its times are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from migrations.errors import RefusedError
from migrations.findings import quoted

OLD_SCHEMA = "public"
OLD_TABLE = "resumes"
OLD_PEOPLE = "users"

# What we need, and the names it went by; compared in lower case without underscores.
RESUME_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "user_id": ("userid", "ownerid"),
    "title": ("title", "targetrole", "name"),
    "body": ("resumemarkdown", "bodymarkdown", "markdown", "content", "generatedmarkdown"),
    "pdf_template": ("pdftemplate", "template"),
    "created_at": ("createdat",),
    "updated_at": ("updatedat",),
}
PEOPLE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "email": ("email",),
    "display_name": ("displayname", "name", "fullname"),
    "subject": ("firebaseuid", "authsubject", "uid"),
    "created_at": ("createdat",),
}
REQUIRED = ("id", "user_id", "body")


@dataclass(frozen=True)
class LegacyTable:
    """One old table: quoted column by meaning, its type, and the columns nothing here has a place for."""

    name: str
    columns: Mapping[str, str]
    types: Mapping[str, str]
    others: tuple[str, ...]

    def text(self, meaning: str, otherwise: str) -> str:
        """SQL of a text, with a default for an empty or missing one. `otherwise` is SQL too."""
        column = self.columns.get(meaning)
        return f"coalesce(nullif(btrim(o.{column}::text), ''), {otherwise})" if column else otherwise

    def body(self) -> str:
        """SQL of the document, byte for byte; NULL becomes the empty document."""
        return f"coalesce(o.{self.columns['body']}::text, '')"

    def time(self, meaning: str) -> str:
        """SQL of a time: a naive one is UTC, which is what the old service wrote. Without a column: now."""
        column = self.columns.get(meaning)
        if column is None:
            return "now()"
        zoned = self.types[meaning].startswith("timestamp with time zone")
        return f"coalesce(o.{column}{'' if zoned else ' at time zone ' + chr(39) + 'UTC' + chr(39)}, now())"


def find_resumes(connection: sa.Connection, table: str = OLD_TABLE) -> LegacyTable:
    """The old table of resumes. Raises RefusedError when it is absent or has no column for what is needed."""
    found = _find(connection, table, RESUME_COLUMNS)
    if found is None:
        raise RefusedError(f"there is no table {OLD_SCHEMA}.{table} to adopt")
    missing = [meaning for meaning in REQUIRED if meaning not in found.columns]
    if missing:
        raise RefusedError(f"{OLD_SCHEMA}.{table} has no column for {', '.join(missing)}; it has {found.others}")
    return found


def find_people(connection: sa.Connection) -> LegacyTable | None:
    """The old table of people, when there is one."""
    return _find(connection, OLD_PEOPLE, PEOPLE_COLUMNS)


def _find(connection: sa.Connection, table: str, wanted: Mapping[str, tuple[str, ...]]) -> LegacyTable | None:
    rows = connection.execute(
        sa.text(
            "select a.attname as name, format_type(a.atttypid, null) as type from pg_attribute a"
            " join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = :schema and c.relname = :table and c.relkind in ('r', 'p')"
            " and a.attnum > 0 and not a.attisdropped order by a.attnum"
        ),
        {"schema": OLD_SCHEMA, "table": table},
    ).all()
    if not rows:
        return None
    by_spelling = {row.name.lower().replace("_", ""): row for row in rows}
    columns: dict[str, str] = {}
    types: dict[str, str] = {}
    used: set[str] = set()
    for meaning, spellings in wanted.items():
        row = next((by_spelling[name] for name in spellings if name in by_spelling), None)
        if row is not None and row.name not in used:
            columns[meaning], types[meaning] = quoted(row.name), row.type
            used.add(row.name)
    return LegacyTable(
        quoted(OLD_SCHEMA, table), columns, types, tuple(row.name for row in rows if row.name not in used)
    )
