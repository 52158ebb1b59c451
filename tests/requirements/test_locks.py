"""The locks say exactly what is installed, and nothing about where from."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
GROUPS = ("api", "pipelines", "local", "dev", "benchmark", "datatrove")


def lock(group: str) -> str:
    return (PROJECT / "requirements" / f"{group}.lock").read_text()


def pinned(group: str) -> dict[str, str]:
    """Package name to version."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", lock(group), re.MULTILINE))


@pytest.mark.parametrize("group", GROUPS)
def test_no_addresses(group: str) -> None:
    assert re.findall(r"\w+://\S+|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", lock(group)) == []


@pytest.mark.parametrize("group", GROUPS)
def test_every_package_has_a_hash(group: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock(group), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_service_installs_neither_dagster_nor_dbt() -> None:
    names = pinned("api")
    assert "fastapi" in names
    assert [name for name in names if name.startswith(("dagster", "dbt", "bqemulator", "duckdb", "embedded"))] == []


@pytest.mark.parametrize("group", ["api", "pipelines", "local"])
def test_groups_agree_with_the_development_lock(group: str) -> None:
    development = pinned("dev")
    assert {name: version for name, version in pinned(group).items() if development.get(name) != version} == {}


@pytest.mark.parametrize("group", GROUPS)
def test_every_declared_package_is_locked(group: str) -> None:
    """A dependency added to pyproject.toml without `make lock` would be missing on the next machine."""
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    declared = {
        re.split(r"[\[<>=~! ;]", entry)[0].lower().replace("_", "-").replace(".", "-")
        for entry in groups[group]
        if isinstance(entry, str)
    }
    names = {name.lower().replace("_", "-").replace(".", "-") for name in pinned(group)}
    assert sorted(declared - names) == []


def test_no_lock_of_a_tool_that_records_addresses() -> None:
    assert not (PROJECT / "uv.lock").exists() or "uv.lock" in (PROJECT / ".gitignore").read_text().splitlines()
