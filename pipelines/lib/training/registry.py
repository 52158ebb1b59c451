"""What the pipelines remember: datasets with their files and lineage, tuning runs, models. I/O on Postgres only.

Lineage says which person a row came from. It lives in schema `core`, which only the pipeline role reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from api.db.base import new_id
from pipelines.lib.training.build import BuiltDataset
from pipelines.lib.training.promotion import mark_models

LINEAGE = """
create table if not exists core.dataset_lineage (
    manifest_sha256 text not null,
    row_sha256 text not null,
    file_name text not null,
    person_key text not null,
    resume_id text not null,
    resume_version_id text not null,
    primary key (manifest_sha256, row_sha256)
)
"""


def record_dataset(connection: psycopg.Connection, dataset: BuiltDataset, *, status: str, folder_uri: str) -> str:
    """Write the dataset, its files and its lineage in one transaction; return its id. A known hash is left as it is,
    apart from its status: `uploaded` is never taken back to `built`, and one that was revoked is there again when
    whoever withdrew has consented again and the rows are the same."""
    manifest = dataset.manifest
    with connection.transaction():
        connection.execute(LINEAGE)
        row = connection.execute(
            "insert into cvstomize.datasets"
            " (id, manifest_sha256, kind, status, as_of, source_cut, consent_version, manifest)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (manifest_sha256) do update set status = case"
            " when cvstomize.datasets.status in ('built', 'revoked') then excluded.status"
            " else cvstomize.datasets.status end, revoked_at = null"
            " returning id",
            [
                new_id(),
                dataset.manifest_sha256,
                manifest["kind"],
                status,
                manifest["as_of"],
                manifest["source_cut"],
                manifest["consent_version"],
                json.dumps(manifest),
            ],
        ).fetchone()
        assert row is not None
        for file in dataset.files:
            connection.execute(
                "insert into cvstomize.dataset_files (id, dataset_id, name, uri, sha256, size_bytes, row_count)"
                " values (%s, %s, %s, %s, %s, %s, %s) on conflict (dataset_id, name) do nothing",
                [new_id(), row[0], file.name, f"{folder_uri}/{file.name}", file.sha256, file.size_bytes, file.rows],
            )
        write_lineage(connection, dataset)
    return str(row[0])


def write_lineage(connection: psycopg.Connection, dataset: BuiltDataset) -> None:
    """Replace the lineage of the dataset."""
    connection.execute("delete from core.dataset_lineage where manifest_sha256 = %s", [dataset.manifest_sha256])
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy core.dataset_lineage"
            " (manifest_sha256, row_sha256, file_name, person_key, resume_id, resume_version_id) from stdin"
        ) as copy,
    ):
        for row in dataset.lineage:
            copy.write_row(
                (
                    dataset.manifest_sha256,
                    row.row_sha256,
                    row.file_name,
                    row.person_key,
                    row.resume_id,
                    row.resume_version_id,
                )
            )


def people_without_consent(connection: psycopg.Connection, person_keys: Sequence[str]) -> set[str]:
    """Which of these people the export no longer shows with training consent, right before an upload."""
    rows = connection.execute(
        "select wanted.person_key from unnest(%s::text[]) as wanted (person_key)"
        " left join export.people on people.person_key = wanted.person_key and people.training_granted"
        " where people.person_key is null",
        [list(person_keys)],
    ).fetchall()
    return {row[0] for row in rows}


def explain_row(connection: psycopg.Connection, row_sha256: str) -> list[dict[str, Any]]:
    """Where a row came from, in every dataset that holds it; the first digits of its hash are enough."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select manifest_sha256, row_sha256, file_name, person_key, resume_id, resume_version_id"
            " from core.dataset_lineage where row_sha256 like %s order by manifest_sha256, file_name limit 100",
            [f"{row_sha256}%"],
        ).fetchall()


def revoke_datasets(connection: psycopg.Connection) -> list[str]:
    """Revoke every dataset that holds a person who withdrew or left, and mark the models trained on it, with
    the day by which they must be retired. A promoted one leaves service in the same transaction.

    Returns the hashes whose objects are still to be deleted, those of an earlier run that died included: lineage stays
    until `forget_lineage`, so that an erasure is not called complete before the objects are gone. Safe to repeat.
    """
    connection.execute(LINEAGE)
    with connection.transaction():
        connection.execute(
            "update cvstomize.datasets set status = 'revoked', revoked_at = coalesce(revoked_at, now())"
            " where status <> 'revoked' and manifest_sha256 in (select lineage.manifest_sha256"
            " from core.dataset_lineage as lineage left join export.people"
            " on people.person_key = lineage.person_key and people.training_granted where people.person_key is null)"
        )
        mark_models(connection)
        waiting = connection.execute(
            "select manifest_sha256 from cvstomize.datasets as dataset where status = 'revoked' and exists"
            " (select from core.dataset_lineage as lineage where lineage.manifest_sha256 = dataset.manifest_sha256)"
            " order by 1"
        ).fetchall()
    return [row[0] for row in waiting]


def forget_lineage(connection: psycopg.Connection, manifest_sha256: str) -> None:
    """Delete who a revoked dataset was made from, once its objects are gone."""
    connection.execute("delete from core.dataset_lineage where manifest_sha256 = %s", [manifest_sha256])


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file as recorded."""

    name: str
    uri: str
    sha256: str
    size_bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class RecordedDataset:
    """An uploaded dataset with its files."""

    id: str
    manifest_sha256: str
    base_model: str
    files: tuple[RecordedFile, ...]

    def file(self, name: str) -> RecordedFile:
        """The file of that name. Raises KeyError."""
        for file in self.files:
            if file.name == name:
                return file
        raise KeyError(name)


def newest_dataset(connection: psycopg.Connection, kind: str = "supervised") -> RecordedDataset | None:
    """The dataset of a kind uploaded last that nobody has revoked."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            "select id, manifest_sha256, manifest ->> 'base_model' as base_model from cvstomize.datasets"
            " where status = 'uploaded' and kind = %s order by created_at desc, id desc limit 1",
            [kind],
        ).fetchone()
        if found is None:
            return None
        files = cursor.execute(
            "select name, uri, sha256, size_bytes, row_count as rows from cvstomize.dataset_files"
            " where dataset_id = %s order by name",
            [found["id"]],
        ).fetchall()
    return RecordedDataset(
        str(found["id"]), found["manifest_sha256"], found["base_model"], tuple(RecordedFile(**file) for file in files)
    )


def newest_files(connection: psycopg.Connection, kind: str) -> tuple[RecordedFile, ...]:
    """The files of the newest dataset of a kind; none when there is no dataset."""
    dataset = newest_dataset(connection, kind)
    return dataset.files if dataset else ()
