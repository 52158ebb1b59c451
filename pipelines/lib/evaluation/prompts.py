"""The frozen test: what both models are asked, from people whose rows nobody trained on.

Unlike the rows of `test.jsonl`, a prompt here needs no outcome: what is judged is the writing, so every resume of a
test person counts, and the test reaches its size while outcomes are still rare. Texts are masked as training rows are.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.prompt import JobBrief, Prompt, build_prompt
from api.profile.rules.profile import Profile
from api.profile.rules.view import build_profile
from pipelines.lib.training.admission import gate_problem, own_texts
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.errors import BadExampleError
from pipelines.lib.training.example import TrainingExample
from pipelines.lib.training.jsonl import canonical_line, sha256_hex
from pipelines.lib.training.personal_data import Placeholders, known_fields, mask_values, residual_kinds
from pipelines.lib.training.sensitive import sensitive_group
from pipelines.lib.training.splits import split_of

MOST_PER_PERSON = 10
MOST_PROMPTS = 500
"""Each prompt is two answers and up to two judgements: the bill has a bound."""


@dataclass(frozen=True)
class EvaluationPrompt:
    """One question of the test. `cluster` numbers the person inside the file and says nothing else about them."""

    cluster: int
    facts: Mapping[str, Any]
    analysis: Mapping[str, Any]
    ad_text: str
    framing: str
    trait_bands: Mapping[str, str] | None

    @cached_property
    def profile(self) -> Profile:
        """The facts as the rules read them."""
        return build_profile(self.facts)

    @cached_property
    def job(self) -> JobAnalysis:
        """The reading of the ad."""
        return JobAnalysis.model_validate(dict(self.analysis))

    @property
    def prompt(self) -> Prompt:
        """What serving would send."""
        return build_prompt(self.profile, JobBrief(self.job, self.ad_text), self.framing, self.trait_bands)

    def as_line(self) -> bytes:
        """Canonical JSON with its line end."""
        return canonical_line(
            {
                "cluster": self.cluster,
                "facts": dict(self.facts),
                "analysis": dict(self.analysis),
                "adText": self.ad_text,
                "framing": self.framing,
                "traitBands": dict(self.trait_bands) if self.trait_bands is not None else None,
            }
        )


@dataclass(frozen=True, slots=True)
class PromptSource:
    """Who a line of the test came from; only for the pipeline's own lineage."""

    row_sha256: str
    person_key: str
    resume_id: str
    resume_version_id: str


@dataclass(frozen=True, slots=True)
class FrozenTest:
    """The file of the test, where its lines came from, and why others are not in it."""

    content: bytes
    sources: tuple[PromptSource, ...]
    left_out: Mapping[str, int]

    @property
    def sha256(self) -> str:
        """The name of this test."""
        return sha256_hex(self.content)


def freeze(examples: Iterable[TrainingExample], config: DatasetConfig) -> FrozenTest:
    """The prompts of the test people of a dataset built with `config`, in an order that the order of rows cannot move.

    At most MOST_PER_PERSON a person and MOST_PROMPTS in all, chosen by hash.
    """
    left_out: Counter[str] = Counter()
    by_person: dict[str, list[tuple[str, EvaluationPrompt, TrainingExample]]] = defaultdict(list)
    for example in examples:
        if split_of(example.person_key, config) != "test":
            continue
        found = prompt_of_example(example, config)
        if isinstance(found, str):
            left_out[found] += 1
            continue
        key = sha256_hex(f"{config.salt}\0{example.resume_version_id}".encode())
        by_person[example.person_key].append((key, found, example))
    lines: list[tuple[str, bytes, PromptSource]] = []
    people = sorted(by_person, key=lambda person: sha256_hex(f"{config.salt}\0{person}".encode()))
    for cluster, person in enumerate(people):
        own = sorted(by_person[person], key=lambda item: item[0])
        left_out["over_person_cap"] += max(0, len(own) - MOST_PER_PERSON)
        for rank, (_, prompt, example) in enumerate(own[:MOST_PER_PERSON]):
            line = replace(prompt, cluster=cluster).as_line()
            source = PromptSource(sha256_hex(line), person, example.resume_id, example.resume_version_id)
            # Rank first: when the test is full, everybody's first prompts stay rather than one person's tenth.
            lines.append((f"{rank:03}/{cluster:09}", line, source))
    unique = {line: (place, source) for place, line, source in sorted(lines, key=lambda item: item[0], reverse=True)}
    ordered = sorted((place, line, source) for line, (place, source) in unique.items())
    left_out["same_prompt"] = len(lines) - len(unique)
    left_out["over_test_size"] = max(0, len(ordered) - MOST_PROMPTS)
    kept = ordered[:MOST_PROMPTS]
    return FrozenTest(
        b"".join(line for _, line, _ in kept),
        tuple(source for _, _, source in kept),
        {name: count for name, count in sorted(left_out.items()) if count},
    )


def prompt_of_example(example: TrainingExample, config: DatasetConfig) -> EvaluationPrompt | str:
    """The masked prompt of a row, or the name of the rule that keeps it out. Any outcome is welcome."""
    problem = gate_problem(example, config)
    if problem and not problem.startswith("outcome_"):
        return problem
    if example.profile_facts is None or example.job_ad_analysis is None or not example.framing:
        return "texts_missing"
    group = next(filter(None, map(sensitive_group, own_texts(example))), None)
    if group:
        return f"sensitive_{group}"
    known = known_fields(example.profile_facts)
    placeholders = Placeholders()
    prompt = EvaluationPrompt(
        cluster=0,
        facts=mask_values(dict(example.profile_facts), placeholders, known),
        analysis=mask_values(dict(example.job_ad_analysis), placeholders, known),
        ad_text=mask_values(example.job_ad_text or "", placeholders, known),
        framing=example.framing,
        trait_bands=example.trait_bands,
    )
    if residual := sorted(residual_kinds(prompt.prompt.contents, known)):
        return f"residual_{residual[0]}"
    return prompt


def read_prompts(content: bytes) -> tuple[EvaluationPrompt, ...]:
    """The prompts of a frozen file. Raises BadExampleError for a file of another form."""
    try:
        return tuple(
            EvaluationPrompt(
                cluster=int(row["cluster"]),
                facts=row["facts"],
                analysis=row["analysis"],
                ad_text=row["adText"],
                framing=row["framing"],
                trait_bands=row["traitBands"],
            )
            for row in map(json.loads, content.decode().split("\n")[:-1])
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadExampleError(f"the frozen test cannot be read: {type(error).__name__}") from None
