"""Which font families a text needs, in order: the bundled one first, then one per script that occurs in it."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import yaml

FALLBACK_FILE = Path(__file__).parent / "templates" / "fallback.yaml"


@functools.cache
def table() -> dict[str, Any]:
    """The parsed `fallback.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load(FALLBACK_FILE.read_text(encoding="utf-8"))
    return loaded


def ideograph_style(language: str, text: str) -> str:
    """Key of the ideograph font: the language decides, else kana or hangul in the text, else simplified Chinese.

    >>> ideograph_style("zh-Hant", "")
    'traditional'
    """
    subtags = language.lower().split("-")
    if subtags[0] in {"ja", "ko"}:
        return "japanese" if subtags[0] == "ja" else "korean"
    if subtags[0] in {"zh", "yue"}:
        if "hk" in subtags or "mo" in subtags or subtags[0] == "yue":
            return "hong_kong"
        return "traditional" if "hant" in subtags or "tw" in subtags else "simplified"
    ideographs = table()["ideographs"]
    if _any_in(text, ideographs["kana"]):
        return "japanese"
    return "korean" if _any_in(text, ideographs["hangul"]) else "simplified"


def font_families(bundled: str, flavour: str, language: str, text: str) -> list[str]:
    """Families in the order fontconfig should try them; `flavour` is `serif` or `sans`."""
    families = [bundled]
    if text.isascii():
        return families
    data = table()
    distinct = "".join(sorted(set(text)))
    families += [script[flavour] for script in data["scripts"] if _any_in(distinct, script["ranges"])]
    ideographs = data["ideographs"]
    if _any_in(distinct, [*ideographs["ranges"], *ideographs["kana"], *ideographs["hangul"]]):
        families.append(ideographs[flavour][ideograph_style(language, distinct)])
    families += data["always"][flavour]
    return families


def _any_in(text: str, ranges: list[list[int]]) -> bool:
    return _pattern(tuple(map(tuple, ranges))).search(text) is not None


@functools.cache
def _pattern(ranges: tuple[tuple[int, ...], ...]) -> re.Pattern[str]:
    return re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in ranges)}]")
