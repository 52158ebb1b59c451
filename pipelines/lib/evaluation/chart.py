"""The evaluation as a page of Markdown with bars, for the metadata of the asset. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WIDTH = 30
FULL, EMPTY, MARK, HALF = "█", "░", "┃", "╎"
"""None of them may be a sign of Markdown: a bar inside a table would end its cell."""
MEASURES = {
    "valid": "in the agreed form",
    "faithful": "hold to the facts",
    "coverage": "keywords covered",
    "tooLong": "with an overlong part",
}


def bar(share: float | None) -> str:
    """A share of 1 as a bar of WIDTH signs."""
    filled = round(WIDTH * min(1.0, max(0.0, share or 0.0)))
    return FULL * filled + EMPTY * (WIDTH - filled)


def interval(lower: float, middle: float, upper: float) -> str:
    """An interval between 0 and 1 as a line, its middle and one half marked."""
    places = [round((WIDTH - 1) * min(1.0, max(0.0, share))) for share in (lower, middle, upper)]
    signs = [FULL if places[0] <= place <= places[2] else EMPTY for place in range(WIDTH)]
    signs[round((WIDTH - 1) * 0.5)] = HALF
    signs[places[1]] = MARK
    return "".join(signs)


def chart(evaluation: Mapping[str, Any]) -> str:
    """The whole page: verdict, win rate with its interval, and each measure of both models."""
    decided = int(evaluation["prompts"]) or 1
    lower, rate, upper = (float(evaluation[name]) for name in ("winRateLower", "winRate", "winRateUpper"))
    lines = [
        f"### {evaluation['verdict']}",
        "",
        *(f"- {reason}" for reason in evaluation["reasons"]),
        *(["", "**No real model: the Vertex stand-in answered.**"] if evaluation["synthetic"] else []),
        "",
        f"`{evaluation['prompts']}` prompts of `{evaluation['people']}` people, against `{evaluation['opponent']}`",
        "",
        "| judged in both orders | | share |",
        "|---|---|---|",
        *(
            f"| {name} | `{bar(evaluation[name] / decided)}` | {evaluation[name] / decided:.3f} |"
            for name in ("wins", "ties", "losses")
        ),
        f"| win rate | `{interval(lower, rate, upper)}` | {rate:.3f} ({lower:.3f} to {upper:.3f}) |",
        "",
        "| answers | | candidate | | current |",
        "|---|---|---|---|---|",
        *(row(label, evaluation["candidate"][name], evaluation["current"][name]) for name, label in MEASURES.items()),
        f"| words a page | | {evaluation['candidate']['words']:.0f} | | {evaluation['current']['words']:.0f} |",
    ]
    return "\n".join(lines) + "\n"


def row(label: str, candidate: float | None, current: float | None) -> str:
    """One measure of both models; a measure that nobody has stays a dash."""
    shown = [f"`{bar(share)}` | {'–' if share is None else f'{share:.3f}'}" for share in (candidate, current)]
    return f"| {label} | {' | '.join(shown)} |"
