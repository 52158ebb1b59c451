"""The house lint: a query stands in a repository, and a read of a person's objects starts from what they may read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.db import tables

API = Path(__file__).parents[3] / "api"
QUERY_WORDS = frozenset({"select", "insert", "update", "delete", "text", "exists", "union", "table"})
SESSION_WORDS = frozenset(
    {"execute", "scalar", "scalars", "get", "get_one", "stream", "stream_scalars", "query", "merge", "delete"}
)
SESSIONS = frozenset({"session", "_session"})
MAY_QUERY = ("repository.py",)
OWNED = frozenset(m.class_.__name__ for m in tables.User.registry.mappers if "user_id" in m.columns)

NOT_BY_A_PERSON = {
    ("auth/identity_repository.py", "find"): "signing in: by what the provider's token says",
    ("auth/identity_repository.py", "end"): "an erasure ends the identities of its account",
    ("generation/repository.py", "run_for"): "of a resume that was read for its owner",
    ("idempotency/repository.py", "locked"): "by the subject and their key",
    ("outbox/repository.py", "claim"): "the worker's queue",
    ("outbox/repository.py", "backlog"): "counts and ages for the operator",
    ("outcomes/check_in_repository.py", "resumes_without"): "the worker, for everybody",
    ("outcomes/check_in_repository.py", "to_ask"): "the worker, for the mail it sends",
    ("outcomes/check_in_repository.py", "question"): "by a signed link in a mail",
    ("outcomes/repository.py", "_JOB_FAMILY"): "of a resume that was read for its owner",
    ("outcomes/repository.py", "people_who_reported"): "a count of people, published from ten on",
    ("outcomes/repository.py", "due"): "joined to what the subject may read",
    ("privacy/access_repository.py", "_readable"): "everything of the subject, table by table",
    ("privacy/access_repository.py", "uploads"): "of the subject",
    ("privacy/repository.py", "decisions"): "of the subject",
    ("privacy/repository.py", "end_access"): "an erasure closes the links of its account",
    ("privacy/repository.py", "erasure_by_receipt"): "by the receipt, which only the person holds",
    ("privacy/repository.py", "erasure_of"): "after a restore: the operator, for everybody",
    ("privacy/repository.py", "erasure_counts"): "a count for the operator",
    ("profile/repository.py", "expired_uploads"): "the worker, for everybody",
    ("sharing/repository.py", "open"): "by the token of a share link",
}
"""Functions that read people's tables and do not start from `readable_by`, each with what stands in its place."""


def queries(source: str) -> set[str]:
    """How a module builds or runs a statement of its own."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            found |= {alias.name for alias in node.names} & QUERY_WORDS
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("sqlalchemy")}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SESSION_WORDS:
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            found |= {f"{name}.{node.func.attr}"} if name in SESSIONS else set()
    return found


def reads_of_people(source: str) -> set[str]:
    """Functions, and statements made once for a module, that select from a table with an owner and are not themselves
    the statement of what one may read."""
    tree = ast.parse(source)
    owned = OWNED | _tables_by_another_name(tree)
    return {
        name
        for name, part in _parts(tree)
        if not name.endswith("readable_by")
        for node in ast.walk(part)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "select"
        if {name.id for argument in node.args for name in ast.walk(argument) if isinstance(name, ast.Name)} & owned
    }


def _tables_by_another_name(tree: ast.Module) -> set[str]:
    """Names given to the table of a class with an owner."""
    return {
        ast.unparse(target)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        for part in ast.walk(node.value)
        if isinstance(part, ast.Attribute) and part.attr == "__table__" and ast.unparse(part.value) in OWNED
    }


def _parts(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target), node


def modules() -> list[Path]:
    return [path for path in sorted(API.rglob("*.py")) if "db" not in path.relative_to(API).parts]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from sqlalchemy import func, select", {"select"}),
        ("from sqlalchemy.dialects.postgresql import insert", {"insert"}),
        ("import sqlalchemy as sa\nsa.select(1)", {"sqlalchemy"}),
        ("async def f(session): await session.get(Resume, key)", {"session.get"}),
        ("async def f(self): await self._session.execute('select 1')", {"_session.execute"}),
        ("from pathlib import Path\nPath('x').exists()\nclient.get('/')", set()),
    ],
)
def test_the_lint_finds_a_query(source: str, found: set[str]) -> None:
    assert queries(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("async def get(self, key): select(Resume).where(Resume.id == key)", {"get"}),
        ("async def keys(self): select(func.count(JobAd.id))", {"keys"}),
        ("def readable_by(subject): select(Resume).where(Resume.user_id == subject.user_id)", set()),
        ("async def get(self, subject, key): readable_by(subject).where(Resume.id == key)", set()),
        ("async def rates(self): select(ExchangeRate)", set()),
        ("_GET = select(Resume).where(Resume.id == bindparam('key'))", {"_GET"}),
        ("T = cast('Table', Resume.__table__)\nasync def get(self, key): select(T.c.id)", {"get"}),
    ],
)
def test_the_lint_finds_a_read_that_does_not_start_from_the_subject(source: str, found: set[str]) -> None:
    assert reads_of_people(source) == found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(API)))
def test_queries_stand_in_repositories(path: Path) -> None:
    if path.name.endswith(MAY_QUERY):
        return
    found = queries(path.read_text("utf-8"))
    assert not found, f"{path.name} builds a query ({', '.join(sorted(found))}): move it to a repository"


def test_reads_of_people_start_from_what_they_may_read() -> None:
    found = {
        (str(path.relative_to(API)), function)
        for path in modules()
        for function in reads_of_people(path.read_text("utf-8"))
    }
    assert found == set(NOT_BY_A_PERSON), "start from `readable_by(subject)`, or say here what stands in its place"
