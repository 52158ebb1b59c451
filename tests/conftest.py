"""Fixtures of every room: the shared stack and a fresh database per module. Nothing starts until a test asks."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer

from tests.support.databases import Database, ensure_template, fresh_database
from tests.support.scheduling import PathScheduling, position
from tests.support.shared_stack import SharedStack, shared_stack, stop_all


@pytest.fixture(scope="session")
def run_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this process's stacks. Workers share none: what a stand-in holds is then one worker's alone."""
    return tmp_path_factory.getbasetemp()


@pytest.fixture(scope="session")
def postgres_only(run_root: Path) -> SharedStack:
    """The light variant, ready in about a second: PostgreSQL with the migrated database `cvstomize`, no emulators."""
    stack = shared_stack(run_root, "postgres")
    ensure_template(stack, run_root)
    return stack


@pytest.fixture(scope="session")
def storage_stack(postgres_only: SharedStack, run_root: Path) -> SharedStack:
    """PostgreSQL and the Cloud Storage emulator with its buckets."""
    return shared_stack(run_root, "storage", {"DATABASE_URL": postgres_only.superuser_url})


@pytest.fixture(scope="session")
def stack(postgres_only: SharedStack, run_root: Path) -> SharedStack:
    """The whole embedded stack. BigQuery takes some four seconds: ask for it only when it is needed."""
    return shared_stack(run_root, "full", {"DATABASE_URL": postgres_only.superuser_url})


@pytest.fixture(scope="module")
def database(postgres_only: SharedStack, run_root: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh migrated database for this test module, with one address per role."""
    module = re.sub(r"\W+", "_", request.node.nodeid.removeprefix("tests/").removesuffix(".py"))[-40:]
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{module}".lower()
    with fresh_database(postgres_only, run_root, name) as fresh:
        yield fresh


SLOW_FOLDERS = ("tests/dbt/", "tests/local/", "tests/pipelines/evaluation/", "tests/cli/", "tests/migrations/")
SLOW_FIXTURES = frozenset({"stack", "storage_stack", "postgres_only"})


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what needs a service, a process of its own or a whole dbt build as slow: the inner loop has 90 seconds."""
    if item.nodeid.startswith(SLOW_FOLDERS) or not SLOW_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.slow)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The costly folders first."""
    items.sort(key=lambda item: position(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> PathScheduling:
    """Workers take whole files or folders, see `tests.support.scheduling`."""
    return PathScheduling(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the stacks of this run. Workers leave that to the controller, which outlives them."""
    if hasattr(config, "workerinput"):
        return
    factory = getattr(config, "_tmp_path_factory", None)
    base = getattr(factory, "_basetemp", None)  # None when no test of this process used a temporary folder
    if base is not None:
        stop_all(base)
