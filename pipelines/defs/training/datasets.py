"""Assets `training_rows`, `supervised_dataset` and `preference_dataset`."""

import math
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from pipelines.defs.export.assets import OWNER
from pipelines.defs.training.keys import DATASET, GROUP, PREFERENCES, ROWS, examples_key, warehouse
from pipelines.resources import RunMoment
from pipelines.settings import load_settings


class DatasetBuildConfig(dg.Config):
    """What a person may choose for a build. `as_of` is the run's moment, shared with the marts."""

    label: Literal["interview", "offer"] = Field(
        default="interview", description="Outcome that makes a row a positive."
    )
    base_model: str = Field(default="gemini-2.5-flash", description="Whose documented limits the files must keep.")
    consent_version: str = Field(default="", description="Training consent in force; empty: the newest among the rows.")
    source_cut: str = Field(default="", description="Snapshot of the source; empty: the one the marts were built from.")


@dg.definitions
def defs() -> dg.Definitions:
    """The assets and the check of the files that are tuned on."""
    return dg.Definitions(
        assets=[training_rows, supervised_dataset, preference_dataset],
        asset_checks=[files_match_manifest, preference_files_match_manifest],
    )


@dg.asset(
    key=ROWS,
    deps=[examples_key()],
    group_name=GROUP,
    owners=[OWNER],
    kinds={"python"},
    description="How many resume versions with training consent there are, and what became of them by the run's as_of.",
)
def training_rows(
    context: dg.AssetExecutionContext, config: DatasetBuildConfig, moment: RunMoment
) -> dg.MaterializeResult[None]:
    """Count the rows by what the label says of them, and by job family."""
    from pipelines.lib.training.admission import gate_problem
    from pipelines.lib.training.reader import ExampleSource

    source = ExampleSource(load_settings(), warehouse())
    settings = dataset_config(config, moment, source)
    outcomes: Counter[str] = Counter()
    families: Counter[str] = Counter()
    for example in source.read():
        outcomes[gate_problem(example, settings) or "outcome_positive"] += 1
        families[example.job_family] += 1
    context.log.info("%d rows: %s", outcomes.total(), dict(outcomes))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": outcomes.total(),
            "positives": outcomes["outcome_positive"],
            "by_gate": count_table(outcomes, "gate"),
            "by_job_family": count_table(families, "job_family"),
            "consent_version": settings.consent_version or "none",
        }
    )


@dg.asset(
    key=DATASET,
    deps=[ROWS],
    group_name=GROUP,
    owners=[OWNER],
    kinds={"python", "googlecloud"},
    description="Supervised examples in Gemini's format, split by person, with manifest and data card, in Cloud Storage"
    " under the hash of the manifest. Too few outcomes: it says what is missing, uploads nothing and stays green.",
)
def supervised_dataset(
    context: dg.AssetExecutionContext, config: DatasetBuildConfig, moment: RunMoment
) -> dg.MaterializeResult[None]:
    """Build, check consent once more, upload, record; revoke what holds somebody who left."""
    from pipelines.lib.training.build import build_supervised

    return build_and_upload(context, config, moment, build_supervised)


@dg.asset(
    key=PREFERENCES,
    deps=[ROWS],
    group_name=GROUP,
    owners=[OWNER],
    kinds={"python", "googlecloud"},
    description="Pairs of two resumes of one person with different outcomes, in Gemini's format for preference tuning."
    " Too few pairs: it says what is missing, uploads nothing and stays green.",
)
def preference_dataset(
    context: dg.AssetExecutionContext, config: DatasetBuildConfig, moment: RunMoment
) -> dg.MaterializeResult[None]:
    """As `supervised_dataset`, from pairs."""
    from pipelines.lib.training.preference import build_preference

    return build_and_upload(context, config, moment, build_preference)


def build_and_upload(
    context: dg.AssetExecutionContext, config: DatasetBuildConfig, moment: RunMoment, build: Any
) -> dg.MaterializeResult[None]:
    """Revoke, build with `build`, check consent once more, upload, record."""
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.errors import DatasetRefusedError, LengthsDifferError
    from pipelines.lib.training.reader import ExampleSource
    from pipelines.lib.training.registry import people_without_consent, record_dataset
    from pipelines.lib.training.upload import dataset_uri, upload_dataset

    settings = load_settings()
    source = ExampleSource(settings, warehouse())
    with (
        tempfile.TemporaryDirectory(prefix="dataset-") as folder,
        connect(settings.database_url, autocommit=True) as db,
    ):
        revoked = remove_revoked(db, settings)
        try:
            dataset = build(source.read(), dataset_config(config, moment, source), Path(folder))
        except DatasetRefusedError as error:
            if isinstance(error, LengthsDifferError) and error.missing:
                context.log.warning("not uploaded: %s", error)
                return dg.MaterializeResult(
                    metadata={
                        "left_out": count_table(error.filters, "reason"),
                        "missing": [*error.missing, *error.reasons],
                        "uri": "not uploaded",
                    }
                )
            raise dg.Failure(f"the dataset is refused: {error}", allow_retries=False) from None
        people = sorted({row.person_key for row in dataset.lineage})

        def stop_when_somebody_left() -> None:
            gone = people_without_consent(db, people)
            if gone:
                remove_revoked(db, settings)
                raise dg.Failure(f"{len(gone)} people withdrew since the rows were read: run again", allow_retries=True)

        stop_when_somebody_left()
        if dataset.may_be_uploaded:
            folder_uri = dataset_uri(settings, dataset.manifest_sha256)
            # Before the upload as well: no object is ever there without a line that says whose rows it holds.
            record_dataset(db, dataset, status="built", folder_uri=folder_uri)
            upload_dataset(settings, dataset, before_each=stop_when_somebody_left)
            stop_when_somebody_left()
            record_dataset(db, dataset, status="uploaded", folder_uri=folder_uri)
        for reason in dataset.missing:
            context.log.warning("not uploaded: %s", reason)
        return dg.MaterializeResult(
            metadata=dataset_metadata(dataset.manifest, dataset.card, dataset.missing)
            | {
                "manifest_sha256": dataset.manifest_sha256,
                "uri": dataset_uri(settings, dataset.manifest_sha256) if dataset.may_be_uploaded else "not uploaded",
                "revoked_datasets": len(revoked),
            },
            data_version=dg.DataVersion(dataset.manifest_sha256),
        )


def remove_revoked(db: Any, settings: Any) -> list[str]:
    """Revoke what holds somebody who left, delete its objects, then forget whose rows they were; return the hashes."""
    from pipelines.lib.training.registry import forget_lineage, revoke_datasets
    from pipelines.lib.training.upload import delete_dataset

    revoked = revoke_datasets(db)
    for manifest_sha256 in revoked:
        delete_dataset(settings, manifest_sha256)
        forget_lineage(db, manifest_sha256)
    return revoked


CHECK = "files_match_manifest"
CHECKED = "Every recorded file of the newest dataset is in Cloud Storage with the recorded size and checksum."


@dg.asset_check(asset=DATASET, name=CHECK, blocking=True, description=CHECKED)
def files_match_manifest() -> dg.AssetCheckResult:
    """Of the supervised dataset."""
    return check_files("supervised")


@dg.asset_check(asset=PREFERENCES, name=CHECK, blocking=True, description=CHECKED)
def preference_files_match_manifest() -> dg.AssetCheckResult:
    """Of the preference dataset."""
    return check_files("preference")


def check_files(kind: str) -> dg.AssetCheckResult:
    """Read every file back and hash it."""
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.registry import newest_files
    from pipelines.lib.training.upload import read_back

    settings = load_settings()
    with connect(settings.database_url, autocommit=True) as db:
        files = newest_files(db, kind)
    problems = [problem for file in files if (problem := read_back(settings, file.uri, file.sha256, file.size_bytes))]
    return dg.AssetCheckResult(passed=not problems, metadata={"files": len(files), "problems": problems})


def dataset_config(config: DatasetBuildConfig, moment: RunMoment, source: Any) -> Any:
    """The build's inputs: what was chosen, the run's moment, and the cut and consent version of the warehouse."""
    from pipelines.lib.training.config import DatasetConfig

    return DatasetConfig(
        as_of=moment.moment,
        source_cut=config.source_cut or source.source_cut(),
        consent_version=config.consent_version or source.newest_consent_version(),
        label=config.label,
        base_model=config.base_model,
    )


def dataset_metadata(manifest: dict[str, Any], card: str, missing: tuple[str, ...]) -> dict[str, Any]:
    """What the UI shows and plots."""
    rows = {file["name"]: file["rows"] for file in manifest["files"]}
    return {
        "dagster/row_count": sum(rows.values()),
        "train_rows": rows["train.jsonl"],
        "validation_rows": rows["validation.jsonl"],
        "test_rows": rows["test.jsonl"],
        "left_out": count_table(manifest["filters"], "reason"),
        "prompt_auc": auc(manifest, "prompt_auc"),
        "family_seniority_auc": auc(manifest, "family_seniority_auc"),
        **{
            name: count_table(counts, name, COUNTED.get(name, "rows"), largest_first=False)
            for name, counts in manifest["histograms"].items()
        },
        "missing": list(missing) or ["nothing"],
        "card": dg.MetadataValue.md(card),
        "manifest": dg.MetadataValue.json(manifest),
    }


def auc(manifest: dict[str, Any], name: str) -> float | str:
    """An area under the curve, or that there is none."""
    value: float | None = manifest["leak_probe"][name]
    return "too few known outcomes" if value is None else value


COUNTED = {"rows_of_a_person": "people"}
"""What a histogram counts, where that is not rows."""


def count_table(
    counts: dict[str, int], name: str, counted: str = "rows", *, largest_first: bool = True
) -> dg.TableMetadataValue:
    """Counts as a table with a bar that shows their share: largest first, or in the order of a histogram's bins."""
    total = sum(counts.values()) or 1
    ordered = list(counts.items())
    if largest_first:
        ordered.sort(key=lambda item: (-item[1], item[0]))
    return dg.MetadataValue.table(
        records=[
            dg.TableRecord({name: value, counted: count, "share": "█" * math.ceil(20 * count / total)})
            for value, count in ordered
        ],
        schema=dg.TableSchema(
            columns=[
                dg.TableColumn(name, "string"),
                dg.TableColumn(counted, "int"),
                dg.TableColumn("share", "string"),
            ]
        ),
    )
