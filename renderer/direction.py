"""Writing direction and script of a text: which way a page reads and which fonts come first.

Inside a line the Unicode bidirectional algorithm is Pango's; this decides the base direction of document and block.
"""

from __future__ import annotations

import re
import unicodedata

DEFAULT_LANGUAGE = "en"
WELL_FORMED = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}")
RIGHT_TO_LEFT_LANGUAGES = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ji", "ks", "ps", "sd", "ug", "ur", "yi"}
)
# Blocks outside of which no letter runs from right to left.
MAY_RUN_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
RIGHT_TO_LEFT_SCRIPTS = frozenset({"arab", "hebr", "thaa", "syrc", "nkoo"})


def language_is_right_to_left(language: str) -> bool:
    """Whether a BCP 47 tag names a right-to-left language; a script subtag wins (`az-Arab`, `ar-Latn`)."""
    subtags = language.lower().split("-")
    scripts = [subtag for subtag in subtags[1:] if len(subtag) == 4 and subtag.isalpha()]
    if scripts:
        return scripts[0] in RIGHT_TO_LEFT_SCRIPTS
    return subtags[0] in RIGHT_TO_LEFT_LANGUAGES


def language_tag(language: str) -> str:
    """A well-formed BCP 47 tag for the document, `en` for anything else: a PDF must name its language.

    >>> language_tag("pt_BR"), language_tag("<b>")
    ('pt-BR', 'en')
    """
    tag = language.strip().replace("_", "-")
    return tag if WELL_FORMED.fullmatch(tag) else DEFAULT_LANGUAGE


def runs_right_to_left(character: str) -> bool:
    """Whether a character is a letter that runs from right to left."""
    return unicodedata.bidirectional(character) in {"R", "AL"}


def is_right_to_left(text: str, default: bool) -> bool:
    """Base direction of a block: the document's, unless the block has no letter of that direction at all.

    A line of Latin skills in an Arabic resume reads left to right; a Latin employer in an Arabic sentence does not
    turn the sentence around.
    """
    if not (default or MAY_RUN_RIGHT_TO_LEFT.search(text)):
        return False
    right = left = False
    for character in text:
        if runs_right_to_left(character):
            right = True
        elif unicodedata.bidirectional(character) == "L":
            left = True
    if right == left:
        return default
    return right
