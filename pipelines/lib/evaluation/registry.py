"""What is to be evaluated and what came of it. I/O on Postgres and on the store of the dataset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from pipelines.lib.evaluation.prompts import FrozenTest, freeze
from pipelines.lib.evaluation.store import TEST_FILE, EvaluationStore
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.errors import TrainingError
from pipelines.lib.training.example import TrainingExample
from pipelines.lib.training.registry import people_without_consent
from pipelines.lib.training.vertex_settings import VertexSettings

LINEAGE_FILE = f"evaluation/{TEST_FILE}"


class NotEvaluableError(TrainingError):
    """The model cannot be evaluated as it is; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model to be evaluated, with what it was made from."""

    name: str
    endpoint: str | None
    base_model: str
    manifest_sha256: str
    manifest: Mapping[str, Any]

    @property
    def config(self) -> DatasetConfig:
        """The config of the dataset: its salt says who the test people are, its as_of where history ends."""
        document = dict(self.manifest["config"])
        known = {field.name for field in fields(DatasetConfig)}
        given = {name: value for name, value in document.items() if name in known}
        return DatasetConfig(**given | {"as_of": datetime.fromisoformat(given["as_of"])})


def candidates(connection: psycopg.Connection, name: str | None = None) -> list[Candidate]:
    """Candidates that were not evaluated yet, oldest first; with `name`, that model whatever its state."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select model.name, model.endpoint, run.base_model, dataset.manifest_sha256, dataset.manifest"
            " from cvstomize.models as model join cvstomize.tuning_runs as run on run.id = model.tuning_run_id"
            " join cvstomize.datasets as dataset on dataset.id = run.dataset_id"
            " where model.name = %(name)s or %(name)s::text is null"
            " and model.status = 'candidate' and not model.evaluation ? 'verdict'"
            " order by model.created_at, model.id limit 100",
            {"name": name},
        ).fetchall()
    return [Candidate(**row) for row in rows]


def current_model(connection: psycopg.Connection, vertex: VertexSettings, candidate: Candidate) -> str:
    """Whom a candidate must beat: the promoted model, else the one serving is set to, else its own base model."""
    row = connection.execute(
        "select endpoint from cvstomize.models where status = 'promoted' and endpoint is not null"
        " and name <> %s order by updated_at desc, id desc limit 1",
        [candidate.name],
    ).fetchone()
    return str(row[0]) if row else vertex.vertex_model or candidate.base_model


def record_evaluation(connection: psycopg.Connection, name: str, document: Mapping[str, Any]) -> None:
    """Keep the outcome beside what else is written there."""
    connection.execute(
        "update cvstomize.models set evaluation = evaluation || %s::jsonb, updated_at = now() where name = %s",
        [json.dumps(dict(document)), name],
    )


def frozen_test(
    connection: psycopg.Connection, store: EvaluationStore, candidate: Candidate, examples: Iterable[TrainingExample]
) -> bytes:
    """The test of the candidate's dataset: frozen now, or as it was frozen by an earlier evaluation.

    Raises NotEvaluableError when somebody in the dataset has withdrawn since.
    """
    content = store.read(TEST_FILE)
    if content is None:
        frozen = freeze(examples, candidate.config)
        # Before the upload: no object is ever there without a line that says whose rows it holds.
        record_sources(connection, candidate.manifest_sha256, frozen)
        content = store.write_once(TEST_FILE, frozen.content)
    people = connection.execute(
        "select distinct person_key from core.dataset_lineage where manifest_sha256 = %s", [candidate.manifest_sha256]
    ).fetchall()
    gone = people_without_consent(connection, sorted(row[0] for row in people))
    if gone:
        raise NotEvaluableError(
            f"{len(gone)} people of the dataset withdrew: materialise supervised_dataset, which revokes the model"
        )
    return content


def record_sources(connection: psycopg.Connection, manifest_sha256: str, frozen: FrozenTest) -> None:
    """Write whose prompts the test holds, where a withdrawal looks for it."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into core.dataset_lineage"
            " (manifest_sha256, row_sha256, file_name, person_key, resume_id, resume_version_id)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (manifest_sha256, row_sha256) do nothing",
            [
                (
                    manifest_sha256,
                    source.row_sha256,
                    LINEAGE_FILE,
                    source.person_key,
                    source.resume_id,
                    source.resume_version_id,
                )
                for source in frozen.sources
            ],
        )
