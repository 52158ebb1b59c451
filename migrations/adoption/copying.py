# ruff: noqa: S608 - every name in these statements comes from the catalog and is quoted
"""Copies old rows into the product's tables, and says whether every one of them is there.

An old id that is a UUID stays; any other becomes the UUID of its MD5, so that a row copied twice is one row. The
whole old row is kept beside it as JSON: what has no place in the new tables is not lost either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from migrations.adoption.legacy import LegacyTable, find_people, find_resumes

BATCH_ROWS = 1000
UUID_PATTERN = "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"


def new_id(kind: str, old: str) -> str:
    """SQL of the new id of an old one. `old` is SQL."""
    return f"case when {old}::text ~ '{UUID_PATTERN}' then {old}::text else md5('{kind}:' || {old}::text) end::uuid"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Old rows against new ones. `differing` counts rows that are missing on either side or hold another value."""

    old_rows: int
    adopted_rows: int
    differing: int
    unread_changes: int

    @property
    def equal(self) -> bool:
        """Whether every old row is there, unchanged."""
        return self.old_rows == self.adopted_rows and self.differing == 0 and self.unread_changes == 0


def copy_everything(connection: sa.Connection, after: str | None) -> str | None:
    """Copy the next batch in the order of old ids; return the last one, or None when there was nothing left."""
    resumes = find_resumes(connection)
    column = resumes.columns["id"]
    where = "" if after is None else f"where {column}::text > :after"
    found = connection.execute(
        sa.text(f"select {column}::text from {resumes.name} o {where} order by {column}::text limit {BATCH_ROWS}"),
        {} if after is None else {"after": after},
    )
    batch = [str(row[0]) for row in found]
    if not batch:
        return None
    copy_rows(connection, resumes, batch)
    return batch[-1]


def copy_changes(connection: sa.Connection) -> int:
    """Copy what the old service wrote since, oldest first; return how many changes were read."""
    resumes = find_resumes(connection)
    changes = connection.execute(
        sa.text(
            f"delete from adoption.changes where id in (select id from adoption.changes order by id limit {BATCH_ROWS})"
            " returning old_id"
        )
    )
    ids = [str(row[0]) for row in changes]
    if ids:
        copy_rows(connection, resumes, sorted(set(ids)))
    return len(ids)


def copy_rows(connection: sa.Connection, resumes: LegacyTable, ids: Sequence[str]) -> None:
    """Bring the new tables up to these old rows: made, changed, or gone."""
    old_id, old_user = f"o.{resumes.columns['id']}", f"o.{resumes.columns['user_id']}"
    chosen = f"from {resumes.name} o where {old_id}::text = any(%(ids)s)"
    _copy_people(connection, resumes, chosen, ids)
    template = resumes.text("pdf_template", "'classic'")
    statements = (
        # First, because the old service may delete a row between two statements: what is made after this line is found
        # again by it and taken back.
        f"""
        insert into adoption.rows (old_id, resume_id, original)
        select {old_id}::text, {new_id("resumes", old_id)}, to_jsonb(o) {chosen}
        on conflict (old_id) do update set original = excluded.original, adopted_at = now()
        """,
        f"""
        insert into cvstomize.resumes
            (id, user_id, title, pdf_template, framing, provider, prompt_version, created_at, updated_at)
        select {new_id("resumes", old_id)}, {new_id("users", old_user)}, {resumes.text("title", "'Untitled'")},
            case when {template} in ('classic', 'modern', 'minimal') then {template} else 'classic' end,
            'neutral', 'composer', 'adopted', {resumes.time("created_at")}, {resumes.time("updated_at")}
        {chosen}
        on conflict (id) do update set title = excluded.title, pdf_template = excluded.pdf_template,
            created_at = excluded.created_at, updated_at = excluded.updated_at
        """,
        f"""
        insert into cvstomize.resume_versions
            (id, resume_id, version, body_markdown, content, source, warnings, profile_facts, training_eligible,
             created_at)
        select md5('version:' || {old_id}::text)::uuid, {new_id("resumes", old_id)}, 1, {resumes.body()},
            '{{}}', 'generated', '[]', '{{}}', false, {resumes.time("created_at")}
        {chosen}
        on conflict (resume_id, version) do update set body_markdown = excluded.body_markdown,
            created_at = excluded.created_at
        """,
        f"""
        delete from cvstomize.resumes n using adoption.rows a
        where n.id = a.resume_id and a.old_id = any(%(ids)s)
            and not exists (select 1 from {resumes.name} o where {old_id}::text = a.old_id)
        """,
        f"""
        delete from adoption.rows a where a.old_id = any(%(ids)s)
            and not exists (select 1 from {resumes.name} o where {old_id}::text = a.old_id)
        """,
    )
    for statement in statements:
        connection.exec_driver_sql(statement, {"ids": list(ids)})


def _copy_people(connection: sa.Connection, resumes: LegacyTable, chosen: str, ids: Sequence[str]) -> None:
    """The people of these rows. An address that an account has already is not taken over: nobody proved it."""
    people = find_people(connection)
    old_user = f"o.{resumes.columns['user_id']}"
    place = f"'adopted-' || {new_id('users', old_user)} || '@people.invalid'"
    email, name, subject, created, join = place, "''", f"{old_user}::text", "now()", ""
    if people is not None and "email" in people.columns:
        person = {meaning: f"p.{column}" for meaning, column in people.columns.items()}
        join = f"left join {people.name} p on {person['id']}::text = {old_user}::text"
        email = f"coalesce(nullif(btrim({person['email']}), ''), {place})"
        name = f"coalesce({person['display_name']}, '')" if "display_name" in person else "''"
        subject = (
            f"coalesce({person['subject']}::text, {old_user}::text)" if "subject" in person else f"{old_user}::text"
        )
        zoned = people.types.get("created_at", "").startswith("timestamp with time zone")
        created = (
            f"coalesce({person['created_at']}{'' if zoned else _UTC}, now())" if "created_at" in person else "now()"
        )
    # One statement a person would be slow; a second row of one address falls back to the placeholder.
    statement = f"""
        with old as (
            select distinct on (1) {new_id("users", old_user)} as id, {email} as email, {place} as place,
                {name} as display_name, {subject} as subject, {created} as created_at
            {chosen.replace(" o where", f" o {join} where")}
        ), numbered as (
            select old.*, row_number() over (partition by lower(email) order by created_at, id) as place_in_line
            from old
        )
        insert into cvstomize.users (id, person_key, email, display_name, auth_issuer, auth_subject, created_at)
        select id, replace(gen_random_uuid()::text, '-', ''),
            case when place_in_line > 1
                or exists (select 1 from cvstomize.users u where lower(u.email) = lower(n.email))
                then place else email end,
            display_name, 'adopted', subject, created_at
        from numbered n where not exists (select 1 from cvstomize.users u where u.id = n.id)
        on conflict do nothing
        """
    connection.exec_driver_sql(statement, {"ids": list(ids)})


_UTC = " at time zone 'UTC'"


def compare(connection: sa.Connection, table: str) -> Comparison:
    """Hold every old row against what was made of it: the row itself, its document and its times."""
    resumes = find_resumes(connection, table)
    old_id = f"o.{resumes.columns['id']}"
    row = connection.execute(
        sa.text(
            f"select (select count(*) from {resumes.name}) as old_rows,"
            " (select count(*) from adoption.rows a join cvstomize.resumes n on n.id = a.resume_id) as adopted_rows,"
            " (select count(*) from adoption.changes) as unread_changes,"
            f" (select count(*) from {resumes.name} o full join adoption.rows a on a.old_id = {old_id}::text"
            "   left join cvstomize.resumes n on n.id = a.resume_id"
            "   left join cvstomize.resume_versions v on v.resume_id = n.id and v.version = 1"
            f"  where {old_id} is null or a.old_id is null or n.id is null or v.id is null"
            f"   or a.original is distinct from to_jsonb(o) or v.body_markdown is distinct from {resumes.body()}"
            + (f" or n.created_at <> {resumes.time('created_at')}" if "created_at" in resumes.columns else "")
            + ") as differing"
        )
    ).one()
    return Comparison(row.old_rows, row.adopted_rows, row.differing, row.unread_changes)
