from __future__ import annotations

from dataclasses import replace

import pytest

from api.generation.rules.composer import compose
from api.generation.rules.document import assemble_markdown
from api.generation.rules.fact_check import check_wording, unsupported_statements
from api.generation.rules.framing import FRAMING_NAMES
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.wording import ComposeOptions, Wording
from api.profile.rules.profile import Profile

NOW = (2026, 11)


def reason(profile: Profile, bullet: str, text: str) -> str:
    checked = check_wording(Wording(rewrites={bullet: text}), profile)
    assert len(checked.rejected) == 1 - len(checked.wording.rewrites)
    return checked.rejected[0].reason if checked.rejected else ""


@pytest.mark.parametrize(
    ("bullet", "text"),
    [
        ("bullet-aaaa11", "Developed payment services in Python and PostgreSQL for 50 users"),
        ("bullet-aaaa11", "Payment services serving 50 users, built in Python and Postgres"),
        ("bullet-aaaa12", "Cut page load time 40% using React and TypeScript"),
        ("bullet-aaaa13", "Mentored 20 staff in two offices"),
        ("bullet-aaaa14", "Cut cost by $1200 a month by moving batch jobs to Kafka and Kubernetes"),
        ("bullet-aaaa21", "Managed releases with Docker"),
        ("bullet-aaaa31", "Built a parser for three file formats"),
        ("bullet-aaaa13", "Mentored a team of ٢٠ staff across two offices"),
    ],
)
def test_faithful_rewrites_stay(engineer: Profile, bullet: str, text: str) -> None:
    assert reason(engineer, bullet, text) == ""


@pytest.mark.parametrize(
    ("bullet", "text", "why"),
    [
        ("bullet-aaaa13", "Mentored a team of 45 staff across two offices", "number"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving 50k users", "number"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving 50,000 users", "number"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving 50 million users", "number"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving ٥٠٠ users", "number"),
        ("bullet-aaaa13", "Mentored a team of 20 countries across two offices", "number"),
        ("bullet-aaaa13", "Mentored a team of forty staff across two offices", "number"),
        ("bullet-aaaa12", "Reduced page load time by 40 seconds with React and TypeScript", "number"),
        (
            "bullet-aaaa14",
            "Moved batch jobs to Kafka and Kubernetes, cutting cost by €1,200 a month",
            "number with another unit",
        ),
        ("bullet-aaaa14", "Moved batch jobs to Kafka and Kubernetes, cutting cost by $1,200 a week", "claim"),
        ("bullet-aaaa12", "Reduced page load time by 40% with React, TypeScript and Terraform", "skill"),
        ("bullet-aaaa22", "Wrote unit tests with Jest for a GraphQL client in Java", "skill"),
        ("bullet-aaaa22", "Wrote unit tests with Jest for a GraphQL client at Google", "name"),
        ("bullet-aaaa12", "Increased page load time by 40% with React and TypeScript", "the other way"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving 50+ users", "larger"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving over 50 users", "larger"),
        ("bullet-aaaa21", "As director managed releases with Docker", "claim"),
        ("bullet-aaaa21", "Managed award-winning releases with Docker", "claim"),
        ("bullet-aaaa21", "Managed releases with Docker after a PhD", "claim"),
        ("bullet-aaaa21", "Managed releases with Docker, AWS Certified Solutions Architect", "skill"),
        ("bullet-aaaa21", "Directed the choir of the city opera for many seasons and loved all of it", "tells"),
        ("bullet-aaaa13", "Reduced page load time by 40% with React and TypeScript", "number"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving half a million users", "number"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving a hundred users", "number"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving ½ million users", "number"),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving a dozen users", "number"),
        (
            "bullet-aaaa11",
            "Built payment services in Python and Postgres serving 50 users with zero downtime",
            "number",
        ),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving 50 users, saving millions", "claim"),
        (
            "bullet-aaaa11",
            "Built payment services in Python and Postgres serving 50 users, ranked first among peers",
            "claim",
        ),
        ("bullet-aaaa11", "Built payment services in Python and Postgres serving 50 users worldwide", "claim"),
        (
            "bullet-aaaa11",
            "Built payment services in Python and Postgres serving 50 users and generating revenue",
            "claim",
        ),
        (
            "bullet-aaaa11",
            "Built payment services in Python and Postgres serving 50 users | references at evil.example.com",
            "address",
        ),
        ("bullet-aaaa11", "Built payment services in python and rust serving 50 users", "skill"),
        ("bullet-aaaa11", "Built [payment services](https://evil.example.com) in Python for 50 users", "address"),
        ("bullet-aaaa11", "Built <b>payment services</b> in Python and Postgres for 50 users", "markup"),
        ("bullet-zzzz99", "Managed releases", "no such bullet"),
        ("bullet-aaaa21", "Managed releases with Docker " + "and releases again " * 20, "longer"),
    ],
)
def test_invented_rewrites_are_replaced_by_own_words(engineer: Profile, bullet: str, text: str, why: str) -> None:
    checked = check_wording(Wording(rewrites={bullet: text}), engineer)
    assert checked.wording.rewrites == {}
    assert why in checked.rejected[0].reason
    assert checked.rejected[0].text == text
    page = assemble_markdown(engineer, checked.wording, options=ComposeOptions(), language="en")
    assert page == assemble_markdown(engineer, Wording(), options=ComposeOptions(), language="en")


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        ("Software engineer with 8 years building web services in Python.", True),
        ("Engineer with 10 years of experience.", True),
        ("Engineer with 19 years of experience.", False),
        ("Software engineer who holds a master's degree.", False),
        ("Software engineer with a Bachelor of Science from Example University.", True),
        ("Software engineer with a Bachelor of Science from Stanford University.", False),
        ("Registered nurse and software engineer.", False),
        ("Skilled in Python, Docker and Terraform.", False),
        ("Skilled in Python, Docker and Kubernetes.", True),
        ("Fluent in English and Finnish.", True),
        ("Fluent in Swedish.", False),
        ("Software engineer with eight years of Kubernetes experience.", False),
        ("Software engineer with a decade of experience.", False),
        ("Software engineer and mother of two.", False),
        ("Software engineer who grew revenue.", False),
        ("At Nordwind Oy, I mentored a team of 20 staff.", True),
        ("At Kupfer GmbH, I mentored a team of 20 staff.", False),
        ("Software engineer who reduced page load time by 40% at Kupfer GmbH.", False),
    ],
)
def test_summary_traces_to_facts(engineer: Profile, summary: str, kept: bool) -> None:
    checked = check_wording(Wording(summary=summary), engineer, as_of_year_month=NOW)
    assert (checked.wording.summary == summary) is kept
    if not kept:
        assert checked.wording.summary == engineer.summary
        assert checked.rejected[0].field == "summary"


def test_orders_and_skills_outside_the_facts_are_dropped(engineer: Profile) -> None:
    wording = Wording(
        bullet_order={"role-aaaaa1": ("bullet-aaaa13", "bullet-aaaa21", "bullet-aaaa13"), "role-x": ("bullet-aaaa11",)},
        skill_order=("Kafka", "Terraform", "Python"),
        sections=("experience", "horoscope"),
    )
    checked = check_wording(wording, engineer)
    assert checked.wording.bullet_order == {"role-aaaaa1": ("bullet-aaaa13",)}
    assert checked.wording.skill_order == ("Kafka", "Python")
    assert checked.wording.sections == ("experience",)
    assert {rejection.field for rejection in checked.rejected} == {"bullet_order", "skill_order", "sections"}


@pytest.mark.parametrize("framing", FRAMING_NAMES)
def test_the_composer_passes_its_own_check(
    framing: str, engineer: Profile, nurse: Profile, cook: Profile, backend_ad: JobAnalysis, nurse_ad: JobAnalysis
) -> None:
    for profile in (engineer, nurse, cook):
        for ad in (backend_ad, nurse_ad):
            options = ComposeOptions(as_of_year_month=NOW)
            wording = compose(profile, ad, framing, options=options)
            checked = check_wording(wording, profile, as_of_year_month=NOW)
            assert checked.rejected == ()
            page = assemble_markdown(profile, checked.wording, options=options, language="en")
            assert unsupported_statements(page, profile, as_of_year_month=NOW) == ()


def test_edits_beyond_the_facts_are_listed_not_changed(engineer: Profile, backend_ad: JobAnalysis) -> None:
    options = ComposeOptions(as_of_year_month=NOW)
    page = assemble_markdown(
        engineer, compose(engineer, backend_ad, "neutral", options=options), options=options, language="en"
    )
    edited = page.replace("20 staff", "45 staff").replace("March 2020", "March 2017").replace("Nordwind Oy", "Google")
    edited += "\n- Wrote Terraform modules\n"
    reasons = {(found.text, found.reason) for found in unsupported_statements(edited, engineer, as_of_year_month=NOW)}
    assert len(edited.splitlines()) > 10
    for wanted in ("45 staff", "March 2017", "Google", "terraform"):
        assert any(wanted in why for _, why in reasons), wanted
    assert all(0 < found.line <= len(edited.splitlines()) for found in unsupported_statements(edited, engineer))


def test_a_fact_taken_away_takes_its_support_along(engineer: Profile) -> None:
    text = "Reduced page load time by 40% with React and TypeScript"
    role = replace(engineer.roles[0], bullets=engineer.roles[0].bullets[:1])
    poorer = replace(engineer, roles=(role, *engineer.roles[1:]))
    assert check_wording(Wording(summary=text), engineer).rejected == ()
    assert check_wording(Wording(summary=text), poorer).rejected != ()
