from __future__ import annotations

import re

import pytest

from api.generation.rules.data_files import read_csv
from api.generation.rules.job_classes import classify_job_family, classify_region, job_families, regions


def test_tables_hold_each_group_once_with_a_pattern() -> None:
    for name, key in (("job_families.csv", "job_family"), ("regions.csv", "region")):
        groups = [row[key] for row in read_csv(name)]
        assert len(groups) == len(set(groups))
        assert all(re.fullmatch(r"[a-z_]+", group) for group in groups)
    assert all(pattern.pattern for _, pattern in job_families())
    assert all(pattern.pattern for _, patterns in regions() for pattern in patterns)


@pytest.mark.parametrize(
    ("title", "family"),
    [
        ("Senior Software Engineer", "software_engineering"),
        ("Machine Learning Engineer", "data"),
        ("Data Analyst (Contract)", "data"),
        ("DevOps Engineer", "infrastructure"),
        ("UX Designer", "design"),
        ("Account Executive", "sales"),
        ("Buchhalter", "finance"),
        ("Infirmière", "health"),
        ("Elektriker", "trades"),
        ("Head Chef", "hospitality"),
        ("Grundschullehrer", "education"),
        ("HR Business Partner", "human_resources"),
        ("Store Manager", "retail"),
        ("Wizard", "unknown"),
        ("", "unknown"),
        ("ソフトウェアエンジニア", "software_engineering"),
    ],
)
def test_job_family(title: str, family: str) -> None:
    assert classify_job_family(title) == family


@pytest.mark.parametrize(
    ("place", "region"),
    [
        ("Austin, TX", "us"),
        ("London", "uk"),
        ("München", "eu_de"),
        ("Paris or Berlin", "eu_fr"),
        ("São Paulo", "latam"),
        ("contact us", "unknown"),
        ("US", "us"),
        ("Toronto, ON", "ca"),
        ("大阪", "jp"),
        ("Paris, TX", "us"),
        ("Birmingham, AL", "us"),
        ("London, Ontario", "ca"),
        ("Perth, Scotland", "uk"),
        ("Dublin, Ohio", "us"),
        ("Lagos, Portugal", "eu_pt"),
        ("Berlin, DE", "eu_de"),
        ("Toronto, CA", "ca"),
        ("Valencia, CA", "us"),
        ("London, New York, Paris", "uk"),
        ("Santiago de Compostela", "eu_es"),
        ("Aachen", "eu_de"),
        ("", "unknown"),
    ],
)
def test_region(place: str, region: str) -> None:
    assert classify_region(place) == region
