"""Answers in the place of a model: the person's own words, in the strict form, ordered by the ad's keywords.

It reads the facts out of the prompt's data lines and nothing else, so it shows whether the prompt holds what a model
would need. It has no judgement: an ad that asks for praise gets the same answer as one that does not.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any

from api.generation.rules.answer import format_answer
from api.generation.rules.wording import Wording
from local.vertex.errors import GoogleError

REWRITABLE = ("role_bullet", "volunteer_bullet", "project_bullet")
INVENTED = "Holds a PhD in Astrophysics from the University of Nowhere."


def write_answer(prompt: str, *, tuned: bool = False) -> str:
    """A complete answer for a prompt of `api.generation.rules.prompt`. Raises GoogleError 400 for any other text.

    A `tuned` endpoint also names the ad's skills in the summary, as far as the facts hold them: it must differ from the
    base model in something, else no evaluation could be tried.
    """
    data = data_lines(prompt)
    facts: list[dict[str, str]] = data["FACTS"]
    words = {word for keyword in data["JOB"].get("keywords", []) for word in keyword["name"].casefold().split()}
    bullets: dict[str, list[dict[str, str]]] = defaultdict(list)
    for fact in facts:
        if fact["kind"] in REWRITABLE:
            bullets[fact["parent"]].append(fact)
    order = {
        parent: tuple(fact["id"] for fact in sorted(own, key=lambda fact: -overlap(fact["text"], words)))
        for parent, own in bullets.items()
    }
    rewrites = {fact["id"]: fact["text"].rstrip(".") for own in bullets.values() for fact in own}
    summary = summary_of(facts)
    if tuned:
        summary = f"{skills_first(facts, data['JOB'].get('keywords', []))} {summary}".strip()
    return format_answer(Wording(summary=summary, rewrites=rewrites, bullet_order=order, skill_order=()))


def skills_first(facts: list[dict[str, str]], keywords: list[dict[str, str]]) -> str:
    """A sentence with the ad's skills that a fact about skills names; empty when none does."""
    written = [part.strip() for fact in facts if fact["kind"] == "skill" for part in fact["text"].split(",")]
    own = {name.casefold(): name for name in written if name}
    names = [own[keyword["name"].casefold()] for keyword in keywords if keyword["name"].casefold() in own]
    return f"Works with {', '.join(names[:6])}." if names else ""


def data_lines(prompt: str) -> dict[str, Any]:
    """The JSON of each `NAME {...}` line of the prompt."""
    data: dict[str, Any] = {}
    for line in prompt.split("\n"):
        name, _, document = line.partition(" ")
        if name in ("JOB", "FACTS", "TRAITS", "FRAMING"):
            try:
                data[name] = json.loads(document)
            except ValueError:
                raise GoogleError(400, f"The stand-in cannot read the {name} line of the prompt.") from None
    missing = [name for name in ("JOB", "FACTS") if name not in data]
    if missing:
        raise GoogleError(400, f"The stand-in understands only the product's own prompt; it lacks {missing[0]}.")
    return data


def overlap(text: str, words: set[str]) -> int:
    """How many words of the ad's keywords stand in the text."""
    return len(words & set(re.findall(r"[\w+#.]+", text.casefold())))


def summary_of(facts: list[dict[str, str]]) -> str:
    """The person's own summary, else their newest role."""
    for fact in facts:
        if fact["kind"] == "summary":
            return fact["text"]
    for fact in facts:
        if fact["kind"] == "role":
            return f"{fact['text']}."
    return ""


def misshape(text: str, kind: str | None) -> str:
    """The answer with the fault `kind` in it, for faults that stand in the text."""
    if kind == "prefers_first":
        return "A"
    if kind == "empty_text":
        return "{}"
    if kind == "invented_degree":
        return text.replace("# SUMMARY\n", f"# SUMMARY\n{INVENTED} ", 1)
    if kind == "inflated_number":
        return re.sub(r"(?<=\s)(\d{1,6})\b(?![^\[]*\])", lambda found: f"{int(found[1]) * 9 + 7}", text)
    if kind == "missing_line":
        lines = text.split("\n")
        del lines[-3]
        return "\n".join(lines)
    return text
