from __future__ import annotations

import re
from collections import Counter

from api.generation.rules.data_files import read_yaml
from api.generation.rules.taxonomy import load_taxonomy, skill_identifier


def test_vocabulary_is_wide() -> None:
    taxonomy = load_taxonomy()
    families = {(skill.category, skill.family) for skill in taxonomy.skills.values()}
    assert len(taxonomy.skills) >= 700
    assert len(families) >= 30
    assert {skill.category for skill in taxonomy.skills.values()} == {
        "software", "data", "business", "people", "care_and_crafts", "design",
    }  # fmt: skip


def test_ids_are_stable_and_readable() -> None:
    assert skill_identifier("C++") == "c-plus-plus"
    assert skill_identifier("C#") == "c-sharp"
    assert skill_identifier(".NET") == "dot-net"
    assert skill_identifier("CI/CD") == "ci-cd"
    assert skill_identifier("R") == "r"
    for skill in load_taxonomy().skills.values():
        assert re.fullmatch(r"[\w-]+", skill.id), skill.name
        assert skill_identifier(skill.name) == skill.id


def test_names_are_found_under_themselves() -> None:
    taxonomy = load_taxonomy()
    for skill in taxonomy.skills.values():
        found = taxonomy.surfaces[skill.name.lower()]
        assert any(surface.skill_id == skill.id for surface in found), skill.name


def test_no_name_twice_in_other_capitals() -> None:
    names = Counter(skill.name.lower() for skill in load_taxonomy().skills.values())
    assert [name for name, count in names.items() if count > 1] == []


def test_rules_speak_of_known_surfaces_and_categories() -> None:
    taxonomy = load_taxonomy()
    categories = {skill.category for skill in taxonomy.skills.values()} | {"none"}
    known_keys = {"near", "before", "after", "not_before", "not_after", "unless", "free"}
    raw = read_yaml("taxonomy_rules.yaml")
    for surface, rule in raw["context"].items():
        assert set(rule) <= known_keys, surface
        assert set(rule.get("near", ())) <= categories, surface
        assert set(rule) & {"near", "before", "after", "free"}, surface
        if not str(surface).startswith("_"):
            assert surface in taxonomy.surfaces, surface


def test_version_is_set() -> None:
    assert re.fullmatch(r"\d{4}\.\d{2}\.\d+", load_taxonomy().version)
