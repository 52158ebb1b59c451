"""Builds a supervised dataset: one pass over the rows, then selection, files, manifest and card.

Every row that does not make it is counted once, at the first rule it meets. The order of the rows does not matter: what
stays is decided by content, and the files are sorted by it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.lib.training.admission import Refused, admit, gate_problem
from pipelines.lib.training.balance import Balance, groups_of
from pipelines.lib.training.card import data_card
from pipelines.lib.training.code_version import code_version
from pipelines.lib.training.config import SPLITS, DatasetConfig
from pipelines.lib.training.errors import DatasetRefusedError
from pipelines.lib.training.example import TrainingExample
from pipelines.lib.training.gates import missing_for_upload
from pipelines.lib.training.histograms import histograms
from pipelines.lib.training.jsonl import sha256_hex
from pipelines.lib.training.leak_probe import LeakProbe
from pipelines.lib.training.limits import limits_of
from pipelines.lib.training.manifest import SCHEMA_VERSION, FileEntry, manifest_bytes, manifest_sha256
from pipelines.lib.training.near_duplicates import drop_near_duplicates
from pipelines.lib.training.personal_data import residuals_in_file
from pipelines.lib.training.rendering import render
from pipelines.lib.training.selection import cap_per_person, drop_exact_duplicates, fit_files, normalised_text
from pipelines.lib.training.splits import split_of
from pipelines.lib.training.spool import Spool, SpooledRow, write_lines
from pipelines.lib.training.validators import MAX_PROBLEMS, rows_in_two_files, validate_supervised

KIND = "supervised"


@dataclass(frozen=True, slots=True)
class LineageRow:
    """Which person and resume a row of a file came from. Only for the pipeline's own table."""

    row_sha256: str
    file_name: str
    person_key: str
    resume_id: str
    resume_version_id: str


@dataclass(frozen=True, slots=True)
class BuiltDataset:
    """Files in a folder, and everything said about them."""

    folder: Path
    files: tuple[FileEntry, ...]
    manifest: dict[str, Any]
    manifest_sha256: str
    card: str
    lineage: tuple[LineageRow, ...]
    missing: tuple[str, ...]

    @property
    def may_be_uploaded(self) -> bool:
        """Whether every gate passed."""
        return not self.missing


def build_supervised(examples: Iterable[TrainingExample], config: DatasetConfig, folder: Path) -> BuiltDataset:
    """Write `train.jsonl`, `validation.jsonl`, `test.jsonl`, `manifest.json` and `card.md` into `folder`.

    Raises DatasetRefusedError when a written file breaks a documented rule or too many rows still held personal data;
    a dataset that is merely too small is built and says what is missing.
    """
    limits_of(config.base_model)
    filters: Counter[str] = Counter()
    prompt_versions: set[str] = set()
    balance = Balance()
    probe = LeakProbe()
    groups: dict[str, tuple[tuple[str, str], ...]] = {}
    rows: list[SpooledRow] = []
    rows_read = 0
    with Spool(folder / "spool") as spool, Spool(folder / "texts") as texts:
        for example in examples:
            rows_read += 1
            result = admit(example, config)
            offer(probe, example, config)
            example_groups = tuple(groups_of(example))
            if isinstance(result, Refused):
                filters[result.reason] += 1
                balance.add_left_out(example_groups, result.reason)
                continue
            prompt_versions.add(result.prompt_version)
            groups[example.resume_version_id] = example_groups
            text = normalised_text(example.body_markdown or "").encode()
            place = spool.append(result.line) + texts.append(text)
            rows.append(spooled_row(example, result.content_sha256, result.text_sha256, config, place))
        refuse_residuals(filters, len(rows), config)
        kept, gone = select(rows, texts, config, filters)
        for row in rows:
            if row.resume_version_id in kept:
                balance.add_kept(groups[row.resume_version_id])
            else:
                balance.add_left_out(groups[row.resume_version_id], gone[row.resume_version_id])
        ranked = sorted(kept.values(), key=lambda row: row.rank)
        files = write_files(ranked, spool, config, folder)
    (folder / "spool").unlink()
    (folder / "texts").unlink()
    counts = (filters, balance, rows_read, prompt_versions)
    return finish(KIND, config, files, ranked, counts, folder, {"leak_probe": probe.as_document()})


def offer(probe: LeakProbe, example: TrainingExample, config: DatasetConfig) -> None:
    """Show the probe the prompt of an example whose outcome is known, positive or negative."""
    problem = gate_problem(example, config)
    if problem not in (None, "outcome_negative"):
        return

    def prompt() -> str | None:
        rendered = render(example)
        return rendered.user if rendered else None

    group = (example.job_family, example.seniority)
    probe.add(example.resume_version_id, example.person_key, group, prompt, won=problem is None)


def finish(
    kind: str,
    config: DatasetConfig,
    files: tuple[FileEntry, ...],
    ranked: Sequence[SpooledRow],
    counts: tuple[Counter[str], Balance, int, set[str]],
    folder: Path,
    extra: Mapping[str, Any] | None = None,
) -> BuiltDataset:
    """Manifest, card and lineage of the files. `counts`: filters, balance, rows read, prompt versions."""
    missing = tuple(missing_for_upload(ranked, config))
    manifest = manifest_of(kind, config, files, ranked, counts, missing) | dict(extra or {})
    card = data_card(manifest)
    (folder / "manifest.json").write_bytes(manifest_bytes(manifest))
    (folder / "card.md").write_text(card, encoding="utf-8", newline="\n")
    lineage = tuple(
        LineageRow(row.content_hash.hex(), f"{row.split}.jsonl", row.person_key, row.resume_id, row.resume_version_id)
        for row in ranked
    )
    return BuiltDataset(folder, files, manifest, manifest_sha256(manifest), card, lineage, missing)


def spooled_row(
    example: TrainingExample,
    content_sha256: str,
    text_sha256: str,
    config: DatasetConfig,
    place: tuple[int, int, int, int],
) -> SpooledRow:
    """The index entry of a row whose line and text lie at `place`: offset and length of each."""
    return SpooledRow(
        content_hash=bytes.fromhex(content_sha256),
        text_hash=bytes.fromhex(text_sha256),
        person_key=example.person_key,
        resume_id=example.resume_id,
        resume_version_id=example.resume_version_id,
        split=split_of(example.person_key, config),
        job_family=example.job_family,
        offset=place[0],
        length=place[1],
        text_offset=place[2],
        text_length=place[3],
    )


def select(
    rows: Sequence[SpooledRow], texts: Spool, config: DatasetConfig, filters: Counter[str]
) -> tuple[dict[str, SpooledRow], dict[str, str]]:
    """The rows that stay, and the reason of each that goes, by resume version; counts the reasons."""
    unique, _ = drop_exact_duplicates(rows)
    distinct, leaked = drop_near_duplicates(
        unique, lambda row: texts.read(row.text_offset, row.text_length).decode(), config
    )
    capped, _, _ = cap_per_person(distinct, config)
    kept, _ = fit_files(capped, limits_of(config.base_model))
    stay = {row.resume_version_id: row for row in kept}
    gone = {row.resume_version_id: "over_file_limit" for row in rows if row.resume_version_id not in stay}
    # From the last step back: what a step took away is what it was given and did not pass on.
    for reason, given, passed in (
        ("over_person_cap", distinct, capped),
        ("near_duplicate", unique, distinct),
        ("exact_duplicate", rows, unique),
    ):
        left = {row.resume_version_id for row in passed}
        gone |= {row.resume_version_id: reason for row in given if row.resume_version_id not in left}
    gone |= {row.resume_version_id: "near_duplicate_of_another_split" for row in leaked}
    filters.update(gone.values())
    return stay, gone


def refuse_residuals(filters: Counter[str], admitted: int, config: DatasetConfig) -> None:
    """Raise DatasetRefusedError when masking failed on more rows than allowed: then it is the masking that is wrong."""
    residual = sum(count for reason, count in filters.items() if reason.startswith("residual_"))
    if residual > config.max_residual_share * (residual + admitted):
        raise DatasetRefusedError(
            [f"{residual} of {residual + admitted} rows still hold personal data after masking: improve the detectors"]
        )


def write_files(
    ranked: Sequence[SpooledRow],
    spool: Spool,
    config: DatasetConfig,
    folder: Path,
    validate: Callable[..., list[str]] = validate_supervised,
) -> tuple[FileEntry, ...]:
    """One file per split, sorted by rank, each read back and checked."""
    limits = limits_of(config.base_model)
    files, problems = [], []
    for split in SPLITS:
        name = f"{split}.jsonl"
        lines = spool.lines(row for row in ranked if row.split == split)
        sha256, size, count = write_lines(folder / name, lines)
        with (folder / name).open("rb") as file:
            problems += validate(name, file, limits, is_validation=split == "validation")
            file.seek(0)
            problems += residuals_in_file(name, file)
        files.append(FileEntry(name, sha256, size, count))
    hashes = ((file.name, row_hashes(folder / file.name)) for file in files)
    problems += itertools.islice(rows_in_two_files(hashes), MAX_PROBLEMS)
    if problems:
        raise DatasetRefusedError(problems)
    return tuple(files)


def row_hashes(path: Path) -> Iterator[str]:
    """SHA-256 of each line of a written file, one after the other."""
    with path.open("rb") as file:
        yield from map(sha256_hex, file)


def manifest_of(
    kind: str,
    config: DatasetConfig,
    files: Sequence[FileEntry],
    ranked: Sequence[SpooledRow],
    counts: tuple[Counter[str], Balance, int, set[str]],
    missing: Sequence[str],
) -> dict[str, Any]:
    """The manifest: nothing in it depends on when or where it was made."""
    filters, balance, rows_read, prompt_versions = counts
    document = config.as_document()
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        "label": config.label,
        "horizon_days": config.horizon_days,
        "as_of": document["as_of"],
        "source_cut": config.source_cut,
        "consent_version": config.consent_version or "any",
        "base_model": config.base_model,
        "code_version": code_version(),
        "prompt_versions": sorted(prompt_versions),
        "config": document,
        "files": [file.as_document() for file in files],
        "people": {split: len({row.person_key for row in ranked if row.split == split}) for split in SPLITS},
        "rows_read": rows_read,
        "filters": dict(sorted(filters.items())),
        "histograms": histograms(ranked),
        "left_out_by_group": balance.reasons_document(),
        "balance": balance.as_document(),
        "missing": list(missing),
    }
