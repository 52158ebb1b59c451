"""Whether one resume is good enough to learn from: long enough, short enough, and not stuffed with a keyword."""

from __future__ import annotations

import re
from collections import Counter

from pipelines.lib.training.config import DatasetConfig

WORD = re.compile(r"[^\W_]+(?:['’.+#-][^\W_]+|[+#]+)*")


def count_words(text: str) -> int:
    """Words of a Markdown text; marks and lone punctuation are none."""
    return len(WORD.findall(text))


def keyword_density(text: str, keywords: list[str]) -> float:
    """Mentions of the most repeated keyword per word of the text; a term of many words counts once. 0 without words."""
    words = [word.casefold() for word in WORD.findall(text)]
    if not words:
        return 0.0
    highest = 0
    counts = Counter(words)
    for keyword in keywords:
        parts = [word.casefold() for word in WORD.findall(keyword)]
        if len(parts) == 1:
            highest = max(highest, counts[parts[0]])
        elif parts:
            hits = sum(words[start : start + len(parts)] == parts for start in range(len(words) - len(parts) + 1))
            highest = max(highest, hits)
    return highest / len(words)


def quality_problem(markdown: str, keywords: list[str], config: DatasetConfig) -> str | None:
    """The name of the filter a resume falls to, or None."""
    words = count_words(markdown)
    if words < config.min_words:
        return "too_short"
    if words > config.max_words:
        return "too_long"
    return "keyword_stuffing" if keyword_density(markdown, keywords) > config.max_keyword_density else None
