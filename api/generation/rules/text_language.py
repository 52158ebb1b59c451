"""The language of a text, by script and by its most frequent small words.

The pages of a resume and its section names follow the language; a wrong guess only costs headings, so a word count
is enough and nothing is sent anywhere.
"""

from __future__ import annotations

import re
from collections import Counter

from api.generation.rules.data_files import read_yaml

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
_WORD = re.compile(r"[^\W\d_]+")
_SHARE_OF_SCRIPT = 0.12


def detect_language(text: str) -> str:
    """ISO 639-1 code, or `und` when nothing can be told. At most the first 20,000 characters are read."""
    sample = text[:20_000]
    letters = sum(char.isalpha() for char in sample)
    if not letters:
        return "und"
    for code, pattern in _SCRIPTS:
        if len(pattern.findall(sample)) >= letters * _SHARE_OF_SCRIPT:
            return code
    words = Counter(word.lower() for word in _WORD.findall(sample))
    scores = {code: sum(words[word] for word in small) for code, small in read_yaml("language_words.yaml").items()}
    best = max(scores, key=lambda code: (scores[code], code == "en"))
    return best if scores[best] >= 2 else "und"
