"""The whole loop with the command of the README, at a small size, and what each user then sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pypdf
import pytest

from deploy.cost_model import read_usage
from local.demo.inputs import SAMPLES
from local.stack import EmbeddedStack
from local.stack.addresses import libpq_address
from local.stack.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A folder outside pytest's own, which every other run of pytest closes again: PostgreSQL runs as another user."""
    with tempfile.TemporaryDirectory(prefix="cvstomize-end-to-end-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="module")
def printed(data_dir: Path) -> str:
    """What the demo prints. Run once; the stack is stopped after it."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_EMULATOR_HOST")}
    environment |= {"LOCAL_DATA_DIR": str(data_dir), "PEOPLE": "80", "PORT": str(free_port()), "COLUMNS": "150"}
    ended = subprocess.run(
        [sys.executable, "-m", "local.demo"], env=environment, capture_output=True, text=True, timeout=800, check=False
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    return ended.stdout


@pytest.fixture(scope="module")
def stack(printed: str, data_dir: Path) -> Iterator[EmbeddedStack]:
    """A second start on the same data."""
    assert printed
    with EmbeddedStack(data_dir) as started:
        yield started


def test_it_prints_what_was_made_and_where_to_look(printed: str) -> None:
    for words in ("Ada Example: 2 resumes", "Interview by day 60", "Who answers when asked", "Pay associated",
                  "cvstomize_raw", "cvstomize_marts", "PDFs and Markdown", "shared page", "Dagster UI"):  # fmt: skip
        assert words in printed


def test_every_pdf_opens_and_holds_every_word_of_the_markdown(printed: str, data_dir: Path) -> None:
    assert printed
    folder = data_dir / "demo"
    pdfs = sorted(folder.glob("*.pdf"))
    people = len(list((SAMPLES / "resumes").glob("*.json")))
    assert len(pdfs) == people * len(list((SAMPLES / "jobs").glob("*.txt"))) * 3
    for pdf in pdfs:
        text = " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages).split())
        markdown = (folder / f"{pdf.name.rsplit('--', 1)[0]}.md").read_text(encoding="utf-8")
        for line in markdown.splitlines():
            plain = " ".join(line.strip("#*- ").replace("**", "").replace("\\", "").split())
            for word in plain.replace("|", " ").split():
                assert word in text, f"{pdf.name}: {word!r} of {line!r}"


def test_a_pdf_weighs_what_the_bill_says(printed: str, data_dir: Path) -> None:
    assert printed
    sizes = [pdf.stat().st_size / 1024 for pdf in (data_dir / "demo").glob("*.pdf")]
    assert read_usage().weights.pdf_kib == pytest.approx(sum(sizes) / len(sizes), rel=0.15)


def test_the_analyst_sees_the_marts_and_nothing_else(stack: EmbeddedStack) -> None:
    address = libpq_address(stack.environment()["ANALYST_DATABASE_URL"])
    with psycopg.connect(address, autocommit=True) as connection:
        marts = {
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            )
        }
        assert {"time_to_interview", "salary_by_trait"} <= marts
        everything = connection.execute(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'v', 'm') and n.nspname in"
            " ('cvstomize', 'export', 'staging', 'core', 'marts', 'public')"
        ).fetchall()
        assert len(everything) > 60
        for schema, table in everything:
            statement = f'select * from "{schema}"."{table}" limit 1'
            if schema == "marts":
                connection.execute(statement)
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


def test_consent_withdrawn_in_the_cohort_is_not_exported(stack: EmbeddedStack) -> None:
    address = stack.superuser_url
    assert address is not None
    with psycopg.connect(libpq_address(address)) as connection:
        row = connection.execute(
            "select (select count(*) from cvstomize.users), (select count(*) from export.people),"
            " (select count(*) from core.dim_people)"
        ).fetchone()
    assert row is not None
    users, exported, modelled = row
    assert modelled == exported < users


def test_the_dataset_asset_says_what_it_lacks_or_has_files(stack: EmbeddedStack) -> None:
    address = libpq_address(stack.environment()["PIPELINE_DATABASE_URL"])
    with psycopg.connect(address) as connection:
        datasets = connection.execute("select manifest from cvstomize.datasets").fetchall()
    # Eighty people are too few for the gates: nothing is uploaded, and the run stayed green.
    assert all(json.dumps(manifest) for (manifest,) in datasets)
