"""Where a line may not break: inside a compound, a range or an address that fits on a line.

Pango breaks after every hyphen, dash and slash. Extractors then read `geo- replicated`, `101– 112` and half an address.
A word joiner draws nothing, leaves no trace in the PDF and keeps such a word on one line; longer ones still wrap.
"""

from __future__ import annotations

import re

WORD_JOINER = "\u2060"
LONGEST_KEPT = 80
COMPOUND = re.compile(r"\S*[\w)\]][-\u2010\u2012-\u2014/?!|·}&=][\w(\[$€£#]\S*")
BREAK_AFTER = re.compile(r"(?<=\S)([-\u2010\u2012-\u2014/?!|·}&=]+)(?=[^\s\u2e80-\u9fff])")


def keep_words_whole(text: str) -> str:
    """The text with word joiners after the signs that would otherwise end a line inside a word.

    >>> keep_words_whole("a CI/CD line").replace(WORD_JOINER, "+")
    'a CI/+CD line'
    """
    return COMPOUND.sub(_join, text)


def _join(match: re.Match[str]) -> str:
    word = match.group()
    if len(word) > LONGEST_KEPT:
        return word
    return BREAK_AFTER.sub(rf"\1{WORD_JOINER}", word)
