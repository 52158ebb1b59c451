from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.generation.rules.job_analysis import analyze_job
from api.generation.rules.matcher import find_skills

CASES = [
    ("C, C++, C#, R, Go, .NET, Node.js, CI/CD", ["C", "C++", "C#", "R", "Go", ".NET", "Node.js", "CI/CD"]),
    ("C++17", ["C++"]),
    ("ASP.NET", [".NET"]),
    ("VB.NET", [".NET"]),
    ("JS, Node, Mongo, K8s", ["JavaScript", "Node.js", "MongoDB", "Kubernetes"]),
    ("JavaScript, Node.js, MongoDB, Kubernetes", ["JavaScript", "Node.js", "MongoDB", "Kubernetes"]),
    ("platform", []),
    ("microservice", ["Microservices"]),
    ("microservices", ["Microservices"]),
    ("Our APIs run on AWS", ["API", "AWS"]),
    ("An API on AWS", ["API", "AWS"]),
    ("Wir suchen Python-Entwickler mit SQL-Kenntnissen", ["Python", "SQL"]),
    ("PythonとSQLの経験がある方", ["Python", "SQL"]),
    ("Ｐｙｔｈｏｎ と ＳＱＬ", ["Python", "SQL"]),
    ("Python을 사용합니다", ["Python"]),
    ("C/C++ developer", ["C", "C++"]),
    ("Python3, Java17 and PHP8", ["Python", "Java", "PHP"]),
    ("machine\n   learning", ["Machine learning"]),
    ("scikit-learn and scikit learn", ["scikit-learn", "scikit-learn"]),
    ("CI / CD", ["CI/CD"]),
    ("Node.js.", ["Node.js"]),
    ("(Go), [Rust], Kubernetes", ["Go", "Rust", "Kubernetes"]),
    ("Tools: Excel, Word of mouth", ["Microsoft Excel"]),
    ("REST APIs, and the rest of the team", ["REST APIs"]),
    ("Fluent English and German", ["English", "German"]),
    ("5+ years of experience with Go required", ["Go"]),
    ("Strong Go skills, knowledge of R", ["Go", "R"]),
    ("with Go live support", []),
    ("- Go\n- R\n- C", ["Go", "R", "C"]),
    ("Java (Spring)", ["Java", "Spring"]),
    ("Node/Express, Express.js", ["Node.js", "Express.js", "Express.js"]),
    ("REQUIREMENTS: FLUENT SPANISH", ["Spanish"]),
    ("język angielski, znajomość Excela", ["English", "Microsoft Excel"]),
    ("إجادة اللغة الإنجليزية و Python", ["English", "Python"]),
    ("Experience with GCP or AWS", ["Google Cloud", "AWS"]),
    ("GCP and GMP for the trial site", []),
    ("AWS certified welder", ["Welding"]),
    ("$25/HR, 24 HR service", []),
    ("HR generalist", ["Human resources"]),
    ("pull request (PR) review", []),
    ("Acme Holdings PLC", []),
    ("PLC programming", ["PLC programming"]),
    ("CAD 80,000 a year", []),
    ("AutoCAD and CAD drawings", ["AutoCAD", "CAD"]),
    ("8-hour workday", []),
    ("Le tableau de bord est fait dans Tableau", ["Tableau"]),
    ("Swift response, Spring 2024, excel at work, SWIFT payments", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "names"), CASES)
def test_finds_exactly(text: str, names: list[str]) -> None:
    assert [match.name for match in find_skills(text)] == names


@pytest.mark.parametrize(
    "text",
    [
        "good communicator, email, recruiting, R&D, red flags, willing to go, go-to-market",
        "Class C licence, vitamin C, Series C funding, Plan B",
        "We go the extra mile. Let's go! Ready to go.",
        "Spring is here, the chef cooks, rust on the boats, express yourself",
        "an English breakfast, a German company, French fries",
        "we excel at service and react quickly",
    ],
)
def test_ordinary_words_are_no_software(text: str) -> None:
    ids = {match.skill_id for match in find_skills(text)}
    assert not ids & {"c", "r", "go", "artificial-intelligence", "spring", "chef", "rust", "express-js", "react",
                      "microsoft-excel", "english", "german", "french"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Oracle is hiring an office cleaner", []),
        ("About Snowflake: we have 5000 people", []),
        ("Join Salesforce today", []),
        ("At Docker, we care", []),
        ("Oracle and PostgreSQL databases", ["Oracle Database", "PostgreSQL", "Database systems"]),
        ("Salesforce administration and HubSpot", ["Salesforce", "HubSpot"]),
    ],
)
def test_employer_is_no_skill(text: str, names: list[str]) -> None:
    assert [match.name for match in find_skills(text)] == names


def test_named_employers_are_left_out() -> None:
    text = "Docker Engineering Ltd uses Docker"
    assert [match.start for match in find_skills(text, employers=["Docker Engineering Ltd"])] == [28]


@pytest.mark.parametrize(
    "text",
    ["see https://github.com/someone/python", "mail python@example.com", "www.docker.example/kafka", "x.com/sql"],
)
def test_addresses_are_no_claims(text: str) -> None:
    assert find_skills(text) == ()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["Python", "C++", "日本語", "é", "İstanbul", " ", "\n", "Go", "R&D", "ﬁ", "Node.js", "\u2028", "·", "ß"]
        ),
        max_size=30,
    )
)
def test_matches_point_into_the_text_in_order(parts: list[str]) -> None:
    text = "".join(parts)
    reached = 0
    for match in find_skills(text):
        assert text[match.start : match.end] == match.surface
        assert match.start >= reached
        reached = match.end


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert all(0 <= match.start < match.end <= len(text) for match in find_skills(text))


@pytest.mark.parametrize(
    "piece", ["C, R, Go, ", "data ", "machine ", "a@b ", "node.js/", "+", "continuous integration ", "機械"]
)
def test_time_grows_with_the_length_only(piece: str) -> None:
    """Ten times the text may take at most about ten times as long (25 leaves room for a busy machine)."""
    find_skills(piece * 10)

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            find_skills(text)
            best = min(best, time.process_time() - started)
        return best

    small, large = seconds(10_000), seconds(100_000)
    assert large < max(small, 0.002) * 25


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("\u0420ython and D\u043ec\u043aer", ["Python", "Docker"]),
        ("\u0420ython, D\u043e\u0441ker, S\u0435l\u0435nium", ["Python", "Docker", "Selenium"]),
        ("\U0001d5e3\U0001d606\U0001d601\U0001d5f5\U0001d5fc\U0001d5fb, \u24bf\u24d0\u24e5\u24d0", ["Python", "Java"]),
        ("Разработчик SQL и Python", ["SQL", "Python"]),
        ("Three JS and A/B-testing", ["Three.js", "A/B testing"]),
        ("Phoenix, Arizona; Python", ["Python"]),
        ("Elixir and Phoenix", ["Elixir", "Phoenix Framework"]),
    ],
)
def test_letters_that_look_like_others(text: str, names: list[str]) -> None:
    assert [match.name for match in find_skills(text)] == names


def test_typesetting_inside_a_word_is_no_end_of_it() -> None:
    analysis = analyze_job("Requirements: Post\u00adgre\u00adSQL, Type\u200bScript, work\ufb02ow in Cafe\u0301")
    assert [keyword.name for keyword in analysis.keywords][:2] == ["PostgreSQL", "TypeScript"]
    assert analysis.keywords[0].evidence.endswith("workflow in Café")
