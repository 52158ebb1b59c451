from __future__ import annotations

from api.generation.rules.composer import compose
from api.generation.rules.document import assemble_markdown
from api.generation.rules.job_analysis import JobAnalysis, analyze_job
from api.generation.rules.score import Score, score_resume
from api.generation.rules.wording import ComposeOptions
from api.profile.rules.profile import Contact, Profile, Role


def test_other_spellings_count() -> None:
    score = score_resume(
        "## Skills\n\nJS, Node, Mongo, K8s\n",
        Profile(Contact("")),
        analyze_job("JavaScript, Node.js, MongoDB, Kubernetes"),
    )
    assert (score.percent, len(score.matched), score.missing) == (100, 4, [])


def test_no_keyword_is_neither_nothing_nor_all(engineer: Profile, ad_without_terms: JobAnalysis) -> None:
    score = score_resume("## Skills\n\nPython\n", engineer, ad_without_terms)
    assert (score.status, score.percent) == ("none_found", None)


def test_says_where_each_term_stands(engineer: Profile, backend_ad: JobAnalysis) -> None:
    options = ComposeOptions(as_of_year_month=(2026, 11))
    page = assemble_markdown(
        engineer, compose(engineer, backend_ad, "neutral", options=options), options=options, language="en"
    )
    score = score_resume(page, engineer, backend_ad)
    lines = page.splitlines()
    for term in score.matched:
        assert term.line >= 1
        assert term.where in ("Summary", "Experience", "Skills", "Certificates", "Projects")
        assert lines[term.line - 1]
    total = len(score.matched) + len(score.missing)
    assert score.percent == 100 * len(score.matched) // total
    assert {term.skill for term in score.matched} >= {"Python", "PostgreSQL", "Apache Kafka", "Docker", "Kubernetes"}
    assert score.must_total > score.must_matched >= 4


def test_missing_terms_say_whether_a_fact_could_support_them(engineer: Profile, backend_ad: JobAnalysis) -> None:
    score = score_resume("## Summary\n\nNothing.\n", engineer, backend_ad)
    missing = {term.skill: term for term in score.missing}
    assert missing["Apache Kafka"].supportable
    assert missing["Apache Kafka"].fact_ids == ["bullet-aaaa14", "skill-aaaaa2"]
    assert not missing["Terraform"].supportable


def test_an_employers_name_is_no_skill() -> None:
    profile = Profile(Contact(""), roles=(Role("r", "Snowflake Inc", "Cleaner", "2020", "2021"),))
    page = assemble_markdown(
        profile,
        compose(profile, JobAnalysis(), "neutral", options=ComposeOptions()),
        options=ComposeOptions(),
        language="en",
    )
    assert "Snowflake" in page
    score = score_resume(page, profile, analyze_job("Requirements: Snowflake the data warehouse, and SQL"))
    assert "Snowflake" in {term.skill for term in score.missing}
    assert not next(term for term in score.missing if term.skill == "Snowflake").supportable


def test_what_the_pdf_does_not_give_back_does_not_count(engineer: Profile) -> None:
    ad = analyze_job("Python and Kafka")
    page = "## Skills\n\nPython, Kafka\n"
    assert score_resume(page, engineer, ad, extracted_text="Skills Python, Kafka").percent == 100
    score = score_resume(page, engineer, ad, extracted_text="Skills Python, K fka")
    assert (score.percent, score.unreadable_in_pdf) == (50, ["Apache Kafka"])


def test_survives_json(engineer: Profile, backend_ad: JobAnalysis) -> None:
    score = score_resume("## Skills\n\nPython\n", engineer, backend_ad)
    assert Score.model_validate_json(score.model_dump_json(by_alias=True)) == score
