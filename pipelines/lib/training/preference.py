"""Builds the preference dataset: pairs of two resumes of one person, one of which got the interview.

Sides wait on disk, so that only their places are held in memory; pairs are then selected as supervised rows are.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from api.profile.rules.view import build_profile
from pipelines.lib.training.admission import Admitted, Refused, gate_problem, keywords_of, own_texts
from pipelines.lib.training.balance import Balance, groups_of
from pipelines.lib.training.build import BuiltDataset, finish, refuse_residuals, select, write_files
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.errors import LengthsDifferError, ParametersRefusedError
from pipelines.lib.training.example import TrainingExample
from pipelines.lib.training.gates import missing_for_upload
from pipelines.lib.training.jsonl import canonical_line, sha256_hex
from pipelines.lib.training.labels import outcome_of
from pipelines.lib.training.leak_probe import LeakProbe
from pipelines.lib.training.length_balance import length_balance
from pipelines.lib.training.limits import limits_of
from pipelines.lib.training.pairs import (
    Side,
    answer_within,
    candidate_pairs,
    fact_jaccard,
    pair_prompt,
    preference_row,
)
from pipelines.lib.training.personal_data import (
    Placeholders,
    known_fields,
    mask,
    mask_prompt,
    names_given_away,
    residual_kinds,
)
from pipelines.lib.training.quality import quality_problem
from pipelines.lib.training.rendering import wording_of
from pipelines.lib.training.selection import normalised_text
from pipelines.lib.training.sensitive import first_statement
from pipelines.lib.training.splits import split_of
from pipelines.lib.training.spool import Spool, SpooledRow
from pipelines.lib.training.validators import validate_preference

KIND = "preference"
JOINT = "+"
"""Between the two ids of a pair, where one row has two sources."""


def build_preference(examples: Iterable[TrainingExample], config: DatasetConfig, folder: Path) -> BuiltDataset:
    """Write the three files of pairs, manifest and card into `folder`.

    Raises DatasetRefusedError as `build_supervised` does, and when preferred texts are longer or shorter than allowed.
    """
    if KIND not in limits_of(config.base_model).methods:
        raise ParametersRefusedError(f"{config.base_model} cannot be tuned on preferences")
    config = replace(config, max_rows_per_person=config.max_pairs_per_person)
    filters: Counter[str] = Counter()
    balance = Balance()
    probe = LeakProbe()  # of a pair: whether the prompt tells that the earlier one won
    by_group: dict[tuple[str, str, str], list[Side]] = defaultdict(list)
    groups: dict[str, tuple[tuple[str, str], ...]] = {}
    rows: list[SpooledRow] = []
    lengths: dict[str, tuple[int, int]] = {}
    prompt_versions: set[str] = set()
    rows_read = 0
    with Spool(folder / "sides") as sides, Spool(folder / "spool") as spool, Spool(folder / "texts") as texts:
        for example in examples:
            rows_read += 1
            example_groups = tuple(groups_of(example))
            problem = side_problem(example, config)
            if problem:
                filters[problem] += 1
                balance.add_left_out(example_groups, problem)
                continue
            side = spooled_side(example, config, sides)
            by_group[side.person_key, side.job_family, side.seniority].append(side)
            groups[side.resume_version_id] = example_groups
        for group in sorted(by_group):
            for winner, loser in candidate_pairs(by_group[group], config.max_pair_days):
                result = admit_pair(winner, loser, sides, config)
                if isinstance(result, Refused):
                    filters[result.reason] += 1
                    continue
                admitted, answers = result
                line = admitted.line
                probe.add(
                    JOINT.join((winner.resume_version_id, loser.resume_version_id)),
                    winner.person_key,
                    (winner.job_family, winner.seniority),
                    lambda line=line: str(json.loads(line)["contents"]),  # type: ignore[misc]
                    won=winner.moment < loser.moment,
                )
                prompt_versions.add(admitted.prompt_version)
                place = spool.append(admitted.line) + texts.append(normalised_text("\n".join(answers)).encode())
                rows.append(spooled_pair(winner, loser, admitted, config, place))
                lengths[rows[-1].resume_version_id] = (len(answers[0]), len(answers[1]))
        refuse_residuals(filters, len(rows), config)
        kept, _ = select(rows, texts, config, filters)
        ranked = sorted(kept.values(), key=lambda row: row.rank)
        count_pairless(ranked, groups, balance, filters)
        try:
            measured = length_balance([lengths[row.resume_version_id] for row in ranked], config)
        except LengthsDifferError as error:
            raise LengthsDifferError(error.reasons[0], tuple(missing_for_upload(ranked, config)), filters) from None
        files = write_files(ranked, spool, config, folder, validate_preference)
    for name in ("sides", "spool", "texts"):
        (folder / name).unlink()
    counts = (filters, balance, rows_read, prompt_versions)
    return finish(
        KIND, config, files, ranked, counts, folder, {"length_balance": measured, "leak_probe": probe.as_document()}
    )


def count_pairless(
    ranked: Iterable[SpooledRow],
    groups: Mapping[str, tuple[tuple[str, str], ...]],
    balance: Balance,
    filters: Counter[str],
) -> None:
    """Count the resumes that are in a pair that stays, and as `no_pair` those that are in none."""
    paired = {key for row in ranked for key in row.resume_version_id.split(JOINT)}
    for key, values in groups.items():
        if key in paired:
            balance.add_kept(values)
        else:
            balance.add_left_out(values, "no_pair")
            filters["no_pair"] += 1


def side_problem(example: TrainingExample, config: DatasetConfig) -> str | None:
    """Why a resume version cannot be half of a pair, or None. Both outcomes count, as long as they are known."""
    problem = gate_problem(example, config)
    if problem and problem != "outcome_negative":
        return problem
    if not example.framing or example.framing != example.framing_drawn:
        return "framing_not_drawn"
    if example.profile_facts is None or example.content is None or wording_of(example.content) is None:
        return "texts_missing"
    problem = quality_problem(example.body_markdown or "", keywords_of(example), config)
    if problem:
        return problem
    group = first_statement(own_texts(example))
    return f"sensitive_{group}" if group else None


def spooled_side(example: TrainingExample, config: DatasetConfig, sides: Spool) -> Side:
    """The side, its texts written to the spool."""
    texts = {"facts": example.profile_facts, "content": example.content, "traits": example.trait_bands}
    offset, length = sides.append(json.dumps(texts).encode())
    return Side(
        person_key=example.person_key,
        resume_id=example.resume_id,
        resume_version_id=example.resume_version_id,
        job_family=example.job_family,
        seniority=example.seniority,
        framing=example.framing or "",
        created_at=example.created_at,
        won=outcome_of(example, config.label) == "positive",
        offset=offset,
        length=length,
    )


def admit_pair(
    winner: Side, loser: Side, sides: Spool, config: DatasetConfig
) -> tuple[Admitted, tuple[str, str]] | Refused:
    """The row of a pair with its two answers, or why there is none.

    The prompt holds the facts of the earlier resume, whichever won: nothing dated after either, nothing of the outcome.
    """
    texts = {side: json.loads(sides.read(side.offset, side.length)) for side in (winner, loser)}
    profiles = {side: build_profile(texts[side]["facts"]) for side in texts}
    if fact_jaccard(profiles[winner], profiles[loser]) < config.min_fact_jaccard:
        return Refused("facts_differ")
    earlier = min(winner, loser, key=lambda side: side.moment)
    profile = profiles[earlier]
    prompt = pair_prompt(profile, earlier.job_family, earlier.seniority, texts[earlier]["traits"])
    answers: list[str] = []
    for side in sorted((winner, loser), key=lambda side: side.moment):
        wording = wording_of(texts[side]["content"])
        assert wording is not None  # a side without one was left out
        answers.append(answer_within(wording, profile))
    known = known_fields(texts[winner]["facts"]) | known_fields(texts[loser]["facts"])
    known |= names_given_away(prompt.contents, *answers)
    placeholders = Placeholders()
    user = mask_prompt(prompt.contents, placeholders, known)
    masked = [mask(answer, placeholders, known) for answer in answers]
    preferred, other = masked if earlier is winner else masked[::-1]
    if normalised_text(preferred) == normalised_text(other):
        return Refused("answers_equal")
    residual = sorted({kind for text in (user, preferred, other) for kind in residual_kinds(text, known)})
    if residual:
        return Refused(f"residual_{residual[0]}")
    try:
        line = canonical_line(preference_row(prompt.system_instruction, user, preferred, other))
    except ValueError:
        return Refused("not_text")
    whole = "\0".join(map(normalised_text, (user, preferred, other)))
    return Admitted(line, sha256_hex(line), sha256_hex(whole.encode()), prompt.prompt_version), (preferred, other)


def spooled_pair(
    winner: Side, loser: Side, admitted: Admitted, config: DatasetConfig, place: tuple[int, int, int, int]
) -> SpooledRow:
    """The index entry of a pair; its ids are those of both resumes."""
    return SpooledRow(
        content_hash=bytes.fromhex(admitted.content_sha256),
        text_hash=bytes.fromhex(admitted.text_sha256),
        person_key=winner.person_key,
        resume_id=JOINT.join((winner.resume_id, loser.resume_id)),
        resume_version_id=JOINT.join((winner.resume_version_id, loser.resume_version_id)),
        split=split_of(winner.person_key, config),
        job_family=winner.job_family,
        offset=place[0],
        length=place[1],
        text_offset=place[2],
        text_length=place[3],
    )
