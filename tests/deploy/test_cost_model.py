"""The bill: arithmetic that can be checked by hand, and files that are complete."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.generation.rules.cost import price_of
from deploy.cost_model import Usage, database_size, monthly_cost, read_prices, read_usage

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def usage() -> Usage:
    return read_usage()


def bill(people: int, usage: Usage) -> dict[str, float]:
    return {line.name: line.usd for line in monthly_cost(people, usage, read_prices(), (1e-6, 2e-6))}


def test_by_hand(usage: Usage) -> None:
    """1,000 people with 3 resumes of 40 requests: 120,000 requests; 10.5 M tokens in and 2.7 M out."""
    lines = bill(1000, usage)
    assert lines["API requests"] == pytest.approx(0.12 * 0.40)
    assert lines["Model gemini-2.5-flash"] == pytest.approx(10.5 + 2 * 2.7)
    assert lines["API compute"] == pytest.approx((120_000 * 0.02 + 12_000 * 0.25) * 0.0000265)


def test_what_grows_with_people_grows_in_step(usage: Usage) -> None:
    small, large = bill(100_000, usage), bill(200_000, usage)
    for name in ("API requests", "API compute", "Downloads", "PDFs kept", "Warehouse kept", "Model gemini-2.5-flash"):
        assert large[name] == pytest.approx(2 * small[name])
    assert large["Dagster, always on"] == small["Dagster, always on"]


@pytest.mark.parametrize(("people", "cpus"), [(1, 1), (1000, 1), (1001, 2), (50_000, 2), (1_000_000, 16)])
def test_database_size(usage: Usage, people: int, cpus: int) -> None:
    assert database_size(usage, people).cpus == cpus


def test_files_name_known_things(usage: Usage) -> None:
    assert price_of(usage.model) is not None
    assert all(entry.source.startswith("cloud.google.com/") for entry in read_prices().prices.values())


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "cost", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_command() -> None:
    done = command("--people", "10000")
    assert done.returncode == 0, done.stderr
    assert "10,000 people a month" in done.stdout
    assert "a resume costs 0.0" in done.stdout


def test_more_people_than_the_files_hold() -> None:
    done = command("--people", "2000000")
    assert done.returncode == 2
    assert "no database machine for 2,000,000 people" in done.stderr
