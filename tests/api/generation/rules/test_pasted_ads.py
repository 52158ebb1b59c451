from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from api.generation.rules.ad_text import plain_ad_text
from api.generation.rules.job_analysis import analyze_job

ADS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "data" / "pasted_ads.yaml").read_text("utf-8"))


@pytest.mark.parametrize("ad", ADS, ids=[ad["id"] for ad in ADS])
def test_a_pasted_ad_is_read_as_a_person_reads_it(ad: dict[str, Any]) -> None:
    analysis = analyze_job(ad["text"])
    for field in ("title", "company", "location", "region", "remote", "language"):
        assert getattr(analysis, field) == ad[field], field
    assert analysis.years_min == ad.get("years")
    pay = analysis.pay_range
    assert [f"{pay.minimum:.0f}", f"{pay.maximum:.0f}", pay.currency, pay.period] == [
        *(f"{float(amount):.0f}" for amount in ad["pay"][:2]), *ad["pay"][2:]
    ] if pay else "pay" not in ad  # fmt: skip
    by_requirement = {
        wish: {keyword.name for keyword in analysis.keywords if keyword.requirement == wish}
        for wish in ("must", "nice")
    }
    assert by_requirement == {"must": set(ad["must"]), "nice": set(ad["nice"])}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<p>Python &amp; SQL</p><ul><li>Go</li></ul>", "\nPython & SQL\n\n\nGo\n\n"),
        ("Pay: &pound;45,000&nbsp;&ndash; &pound;55,000", "Pay: £45,000\u00a0– £55,000"),
        ("<b>Must</b> have", "Must have"),
        ("<script>alert('Java')</script><br>Rust", " \nRust"),
        ("List<String>, latency <1%, R&D, AT&T", "List<String>, latency <1%, R&D, AT&T"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_only_the_remains_of_a_page_are_taken_out(text: str, plain: str) -> None:
    assert plain_ad_text(text) == plain


@pytest.mark.parametrize(
    ("text", "title", "company", "location"),
    [
        ("Software Engineer - Google - Zürich", "Software Engineer", "", "Zürich"),
        ("Acme Inc.\nSenior Accountant\nToronto, ON (Hybrid)", "Senior Accountant", "Acme Inc.", "Toronto"),
        ("Job Title: Warehouse Operative\nLocation: Leeds, UK\nCompany: Example Logistics Ltd",
         "Warehouse Operative", "Example Logistics Ltd", "Leeds, UK"),
        ("**Position:** Product Designer\n**Location:** Paris, France", "Product Designer", "", "Paris, France"),
        ("ExampleCo is looking for a Head of Sales based in London.", "Head of Sales", "ExampleCo", "London"),
        ("職種：営業\n勤務地：大阪府大阪市", "営業", "", "大阪府大阪市"),
        ("Urgently hiring! CDL Class A Truck Driver – $1,800/week", "CDL Class A Truck Driver", "", ""),
        ("🔥 React Developer 🔥\n100% remote", "React Developer", "", ""),
        ("Join Example Health as a Physical Therapist in Boston, MA", "Physical Therapist", "Example Health", "Boston"),
        ("Stage Marketing Digital (H/F) - Paris", "Stage Marketing Digital", "", "Paris"),
        ("We want someone who has worked with design and with our own teams of\ndata science.", "", "", ""),
    ],
)  # fmt: skip
def test_heading_of_an_ad(text: str, title: str, company: str, location: str) -> None:
    analysis = analyze_job(text)
    assert (analysis.title, analysis.company, analysis.location) == (title, company, location)
