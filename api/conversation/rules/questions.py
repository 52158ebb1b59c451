"""The question set as data, so that wording and languages change without code.

Eleven questions: five stories in past-behaviour form, one per trait, each with two Mini-IPIP items (one plain, one
reversed), and six questions about job facts. The other ten items of the instrument are optional.
Source of the items: Donnellan, Oswald, Baird and Lucas (2006), public domain, https://ipip.ori.org.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import yaml

Kind = Literal["story", "job_fact"]
TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
DATA_FOLDER = Path(__file__).parent.parent / "data"


class UnknownLanguage(ValueError):  # noqa: N818 - named as the answer names it
    """No question file exists for the language asked for."""


@dataclass(frozen=True, slots=True)
class Item:
    """One statement rated from 1 (very inaccurate) to 5 (very accurate). Reversed: 6 minus the rating counts."""

    id: str
    text: str
    trait: str
    reversed: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the conversation. Only story questions have a trait and items."""

    id: str
    kind: Kind
    text: str
    trait: str | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """All questions of one language and version, in the order in which they are asked."""

    version: str
    language: str
    source: str
    item_prompt: str
    scale: tuple[tuple[int, str], ...]
    questions: tuple[Question, ...]
    optional_items: tuple[Item, ...]

    def question(self, question_id: str) -> Question | None:
        """Return the question with this id, or None."""
        return next((question for question in self.questions if question.id == question_id), None)

    def items(self) -> Iterator[Item]:
        """Yield all twenty items, those asked with the stories first."""
        for question in self.questions:
            yield from question.items
        yield from self.optional_items


def available_languages() -> tuple[str, ...]:
    """Return the languages that have a question file."""
    return tuple(sorted(path.name.split(".")[1] for path in DATA_FOLDER.glob("questions.*.yaml")))


@functools.cache
def load_questions(language: str = "en") -> QuestionSet:
    """Return the question set of a language.

    Raises:
        UnknownLanguage: there is no data file for it; the message lists those there are.
    """
    if not re.fullmatch(r"[a-z]{2,3}", language) or language not in available_languages():
        languages = ", ".join(available_languages())
        raise UnknownLanguage(f"There are no questions in the language asked for. Choose one of: {languages}.")
    text = (DATA_FOLDER / f"questions.{language}.yaml").read_text(encoding="utf-8")
    return _build(yaml.safe_load(text))


def _build(raw: dict[str, Any]) -> QuestionSet:
    return QuestionSet(
        version=str(raw["version"]),
        language=raw["language"],
        source=raw["source"],
        item_prompt=raw["item_prompt"],
        scale=tuple(sorted((int(value), label) for value, label in raw["scale"].items())),
        questions=tuple(_build_question(entry) for entry in raw["questions"]),
        optional_items=tuple(_build_item(entry, entry["trait"]) for entry in raw["optional_items"]),
    )


def _build_question(raw: dict[str, Any]) -> Question:
    trait = raw.get("trait")
    return Question(
        id=raw["id"],
        kind=cast("Kind", raw["kind"]),
        text=raw["text"],
        trait=trait,
        items=tuple(_build_item(entry, str(trait)) for entry in raw.get("items", ())),
    )


def _build_item(raw: dict[str, Any], trait: str) -> Item:
    return Item(id=raw["id"], text=raw["text"], trait=trait, reversed=bool(raw["reversed"]))
