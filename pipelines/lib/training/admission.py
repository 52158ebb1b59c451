"""Whether one example may become a row, and the row. Every refusal has a name that the manifest counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.example import TrainingExample
from pipelines.lib.training.jsonl import canonical_line, sha256_hex
from pipelines.lib.training.labels import outcome_of
from pipelines.lib.training.personal_data import (
    Placeholders,
    known_fields,
    mask,
    mask_prompt,
    names_given_away,
    residual_kinds,
)
from pipelines.lib.training.quality import quality_problem
from pipelines.lib.training.rendering import Rendered, render, supervised_row
from pipelines.lib.training.selection import normalised_text
from pipelines.lib.training.sensitive import first_statement
from pipelines.lib.training.splits import split_of_merged


@dataclass(frozen=True, slots=True)
class Admitted:
    """A row ready for the spool: its canonical line, the hash of its line and of its normalised texts."""

    line: bytes
    content_sha256: str
    text_sha256: str
    prompt_version: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The first rule an example met."""

    reason: str


def gate_problem(example: TrainingExample, config: DatasetConfig) -> str | None:
    """The consent gate and what else can be said without rendering, in the order it is counted."""
    if example.training_policy_version is None or (
        config.consent_version is not None and example.training_policy_version != config.consent_version
    ):
        return "consent_not_active"
    if example.created_at > config.as_of:
        return "after_as_of"
    if not example.training_eligible:
        return "not_eligible"
    if split_of_merged((example.person_key, *example.former_person_keys), config)[1]:
        return "merged_from_another_split"
    outcome = outcome_of(example, config.label)
    return None if outcome == "positive" else f"outcome_{outcome}"


def admit(example: TrainingExample, config: DatasetConfig) -> Admitted | Refused:
    """The supervised row of an example, or why there is none."""
    problem = gate_problem(example, config)
    if problem:
        return Refused(problem)
    rendered = render(example)
    if rendered is None:
        return Refused("texts_missing")
    problem = quality_problem(example.body_markdown or "", keywords_of(example), config)
    if problem:
        return Refused(problem)
    group = first_statement(own_texts(example))
    if group:
        return Refused(f"sensitive_{group}")
    known = known_fields(example.profile_facts) | names_given_away(rendered.user, rendered.answer)
    rendered = masked(rendered, known)
    residual = sorted({kind for text in (rendered.user, rendered.answer) for kind in residual_kinds(text, known)})
    if residual:
        return Refused(f"residual_{residual[0]}")
    try:
        line = canonical_line(supervised_row(rendered.system, rendered.user, rendered.answer))
    except ValueError:
        return Refused("not_text")
    texts = normalised_text(rendered.user) + "\0" + normalised_text(rendered.answer)
    return Admitted(line, sha256_hex(line), sha256_hex(texts.encode()), rendered.prompt_version)


def masked(rendered: Rendered, known: Mapping[str, str]) -> Rendered:
    """The texts with placeholders, the same identifier with the same placeholder in prompt and answer."""
    placeholders = Placeholders()
    return Rendered(
        rendered.system,
        mask_prompt(rendered.user, placeholders, known),
        mask(rendered.answer, placeholders, known),
        rendered.prompt_version,
    )


def own_texts(example: TrainingExample) -> Iterator[str]:
    """What the person says about themselves: the resume, and every text of the facts on its own."""
    yield example.body_markdown or ""
    waiting: list[object] = [example.profile_facts]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def keywords_of(example: TrainingExample) -> list[str]:
    """Names of the skills the ad asks for."""
    keywords = (example.job_ad_analysis or {}).get("keywords") or []
    return [str(keyword.get("name", "")) for keyword in keywords if isinstance(keyword, dict)]
