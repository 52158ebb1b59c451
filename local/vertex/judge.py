"""Answers in the place of a judge: the page that names the ad's keywords sooner wins. It has no taste.

Deterministic and blind to order, so that a test can tell the judge's faults from the product's.
"""

from __future__ import annotations

import json

PAGES = ("RESUME_A", "RESUME_B")


def is_judgement(prompt: str) -> bool:
    """Whether the prompt of `pipelines.lib.evaluation.judge` is asked, not the one of serving."""
    names = [line.partition(" ")[0] for line in prompt.split("\n")]
    return all(names.count(page) == 1 for page in PAGES)


def judge(prompt: str) -> str:
    """`A`, `B` or `TIE`."""
    data = {}
    for line in prompt.split("\n"):
        name, _, document = line.partition(" ")
        data[name] = json.loads(document)
    words = {word for keyword in data["JOB"]["keywords"] for word in keyword["name"].casefold().split()}
    first, second = (weight(data[page]["text"].casefold(), words) for page in PAGES)
    return "TIE" if first == second else "A" if first > second else "B"


def weight(text: str, words: set[str]) -> float:
    """More for each word of the ad that the page names, and more the sooner it does."""
    places = [text.find(word) for word in words]
    return round(sum(1 + 1 / (1 + place) for place in places if place >= 0), 9)
