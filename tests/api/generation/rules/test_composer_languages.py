"""A person who writes in another language gets a page in it: headings, phrases, checks, framings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.generation.rules.composer import compose
from api.generation.rules.document import assemble_markdown
from api.generation.rules.fact_check import check_wording
from api.generation.rules.framing import FRAMING_NAMES
from api.generation.rules.job_analysis import analyze_job
from api.generation.rules.summary import page_language
from api.generation.rules.wording import ComposeOptions
from api.profile.rules.json_resume import parse_profile
from api.profile.rules.profile import Profile

NOW = (2026, 11)
AD = "Python, SQL, Docker, PostgreSQL"
# Language: title, three bullets, the heading of experience, the years of experience as a summary says them.
PEOPLE = {
    "de": (
        "Softwareentwicklerin",
        ["Leitete die Umstellung auf Python für 12 Kunden und die Schulung der Mitarbeiter",
         "Senkte die Kosten der Datenbank um 30 % mit PostgreSQL", "Betreute drei Auszubildende im Team"],
        "Berufserfahrung", "Softwareentwicklerin mit 6 Jahren Erfahrung.",
    ),
    "fr": (
        "Développeuse logiciel",
        ["A conçu une API en Python pour les clients de la société", "A réduit les coûts de 30 % avec PostgreSQL",
         "A encadré trois stagiaires dans l'équipe"],
        "Expérience", "Développeuse logiciel avec 6 ans d'expérience.",
    ),
    "es": (
        "Desarrollador de software",
        ["Diseñó una API en Python para los clientes de la empresa", "Redujo los costes un 30 % con PostgreSQL",
         "Formó a tres becarios del equipo y de la oficina"],
        "Experiencia", "Desarrollador de software con 6 años de experiencia.",
    ),
    "pt": (
        "Desenvolvedor de software",
        ["Desenvolveu uma API em Python para os clientes da empresa", "Reduziu os custos em 30 % com PostgreSQL",
         "Treinou três estagiários da equipe e do escritório"],
        "Experiência", "Desenvolvedor de software com 6 anos de experiência.",
    ),
    "nl": (
        "Softwareontwikkelaar",
        ["Ontwikkelde een API in Python voor de klanten van het bedrijf", "Verlaagde de kosten met 30 % met PostgreSQL",
         "Begeleidde drie stagiairs op het kantoor en in het team"],
        "Ervaring", "Softwareontwikkelaar met 6 jaar ervaring.",
    ),
}  # fmt: skip


def person(language: str) -> Profile:
    title, bullets, _, _ = PEOPLE[language]
    document: dict[str, Any] = {
        "basics": {"name": "Ada Example", "label": title},
        "work": [{"name": "Exempla", "position": title, "startDate": "2020-01", "endDate": "2026-06",
                  "highlights": bullets}],
        "skills": [{"name": "Python", "keywords": ["Python", "SQL", "Docker"]}],
    }  # fmt: skip
    return parse_profile(document).profile


@pytest.mark.parametrize("language", PEOPLE)
def test_headings_and_phrases_are_in_the_persons_language(language: str) -> None:
    profile = person(language)
    assert page_language(profile) == language
    _, bullets, heading, years = PEOPLE[language]
    pages = {}
    for framing in FRAMING_NAMES:
        options = ComposeOptions(language=page_language(profile), as_of_year_month=NOW)
        checked = check_wording(compose(profile, analyze_job(AD), framing, options=options), profile,
                                as_of_year_month=NOW)  # fmt: skip
        assert checked.rejected == ()
        assert checked.wording.summary.startswith(years)
        page = assemble_markdown(profile, checked.wording, options=options, language=language)
        assert f"## {heading}\n" in page
        assert all(bullet in page for bullet in bullets)
        pages[framing] = page
    assert len(set(pages.values())) == len(FRAMING_NAMES)


@pytest.mark.parametrize("language", PEOPLE)
def test_the_years_of_a_summary_are_checked_in_every_language(language: str) -> None:
    profile = person(language)
    options = ComposeOptions(language=language, as_of_year_month=NOW)
    wording = compose(profile, analyze_job(AD), "neutral", options=options)
    inflated = wording.summary.replace(" 6 ", " 16 ")
    assert inflated != wording.summary
    assert check_wording(replace(wording, summary=inflated), profile, as_of_year_month=NOW).rejected
