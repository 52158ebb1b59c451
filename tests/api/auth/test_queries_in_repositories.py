"""The house lint: a query stands in a repository, and a repository of owned rows starts from the subject."""

import ast
from pathlib import Path

import pytest

API = Path(__file__).parents[3] / "api"
QUERY_WORDS = frozenset({"select", "insert", "update", "delete", "text", "exists"})
MAY_QUERY = ("repository.py",)


def names_imported_for_queries(source: str) -> set[str]:
    """What a module imports from SQLAlchemy in order to build statements."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            found |= {alias.name for alias in node.names} & QUERY_WORDS
    return found


def modules() -> list[Path]:
    return [path for path in sorted(API.rglob("*.py")) if "db" not in path.relative_to(API).parts]


def test_the_lint_finds_a_query() -> None:
    assert names_imported_for_queries("from sqlalchemy import func, select") == {"select"}
    assert names_imported_for_queries("from sqlalchemy.dialects.postgresql import insert") == {"insert"}
    assert names_imported_for_queries("from pathlib import Path") == set()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(API)))
def test_queries_stand_in_repositories(path: Path) -> None:
    if path.name.endswith(MAY_QUERY):
        return
    found = names_imported_for_queries(path.read_text("utf-8"))
    assert not found, f"{path.name} builds a query ({', '.join(sorted(found))}): move it to a repository"
