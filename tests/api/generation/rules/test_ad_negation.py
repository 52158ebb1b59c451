from __future__ import annotations

import time

import pytest

from api.generation.rules.ad_negation import denied_places
from api.generation.rules.job_analysis import analyze_job


def names(text: str) -> dict[str, str]:
    return {keyword.name: keyword.requirement for keyword in analyze_job(text).keywords}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We use Python. No Java needed.", ["Python"]),
        ("Python required; no prior Kubernetes experience necessary.", ["Python"]),
        ("Kotlin (Java not needed)", ["Kotlin"]),
        ("You do not need to know Java. SQL matters.", ["SQL"]),
        ("We build in Rust, not Go or C++.", ["Rust"]),
        ("No Java, Scala or Kotlin knowledge needed, Python only", ["Python"]),
        ("We are not a Java shop: TypeScript everywhere", ["TypeScript"]),
        ("Expertise in Python rather than R", ["Python"]),
        ("Ability to work in Power BI without Excel or SAP", ["Power BI"]),
        ("Keine Java-Kenntnisse nötig. Wir arbeiten mit Kotlin.", ["Kotlin"]),
        ("Weder PHP noch Perl, nur Go oder Rust", ["Go", "Rust"]),
        ("Pas besoin de connaître PHP. Maîtrise de Symfony exigée.", ["Symfony"]),
        ("No se requiere Java. Imprescindible Python y SQL.", ["Python", "SQL"]),
        ("Non serve conoscere Java, serve Python", ["Python"]),
        ("Pythonの経験3年。Javaの経験は不要", ["Python"]),
    ],
)
def test_what_the_ad_denies_is_no_term_of_it(text: str, expected: list[str]) -> None:
    assert list(names(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Not only Python but also Java.", ["Python", "Java"]),
        ("Candidates without Java experience will not be considered.", ["Java"]),
        ("Please do not apply without SQL.", ["SQL"]),
        ("Come whether or not you know Docker.", ["Docker"]),
        ("Experiência no Excel e no SAP.", ["Microsoft Excel", "SAP"]),
        ("No nonsense. Python and SQL.", ["Python", "SQL"]),
    ],
)
def test_a_turn_of_the_sense_is_no_denial(text: str, expected: list[str]) -> None:
    assert list(names(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kafka is helpful but not necessary.", {"Apache Kafka": "nice"}),
        ("You'll work in React. No React experience needed.", {"React": "nice"}),
        ("Kenntnisse in Java sind nicht erforderlich, aber Python ist zwingend.", {"Python": "must", "Java": "nice"}),
    ],
)
def test_a_need_denied_kindly_is_a_wish(text: str, expected: dict[str, str]) -> None:
    assert names(text) == expected


def test_a_denied_degree_is_not_asked_for() -> None:
    assert analyze_job("No bachelor's degree required, we hire for skills.").degrees == []
    assert analyze_job("Ausbildung als Koch; kein Studium notwendig").degrees[0].level == "vocational"
    assert analyze_job("You will master Python. Master the art of selling.").degrees == []


@pytest.mark.parametrize(
    ("text", "presence"),
    [
        ("This is not a remote position.", "onsite"),
        ("Remote work is not available", "onsite"),
        ("Fully on-site in Berlin, no home office", "onsite"),
        ("Home Office nicht möglich", "onsite"),
        ("Télétravail non possible", "onsite"),
        ("Work from home", "remote"),
        ("Remote or on-site, as you like", "remote"),
        ("5 days a week in the office", "onsite"),
        ("Home-Office möglich", "hybrid"),
        ("Experience with hybrid cloud and remote sensing", "unknown"),
        ("Knowledge of remote procedure calls", "unknown"),
    ],
)
def test_presence_is_where_the_work_is_done(text: str, presence: str) -> None:
    assert analyze_job(text).remote == presence


def test_stretches_may_overlap_and_come_unordered() -> None:
    assert denied_places("no degree in law needed", [(10, 15), (3, 12)]) == {3, 10}


@pytest.mark.parametrize("piece", ["no C ", "C, ", "C not ", "no ((", "Java   ", "no Java or "])
def test_time_is_linear(piece: str) -> None:
    text = piece * (50_000 // len(piece))
    started = time.process_time()
    denied_places(text, [(place, place + 1) for place in range(len(text)) if text[place] in "CJ"])
    assert time.process_time() - started < 3
