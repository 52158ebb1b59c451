"""The rules of the house that a reader cannot see by looking at one file."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
ROOMS = ("api", "renderer", "pipelines", "cli", "local", "migrations", "benchmarks", "deploy")

# Who may import whom, besides itself (DESIGN section 2). `api.*.rules` stands for the pure modules of every subject.
ALLOWED = {
    "renderer": (),
    "api": ("renderer",),
    # An evaluation asks as serving asks, and the export's lag goes where the service's measures go.
    "pipelines": ("api.db", "api.*.rules", "api.generation.vertex", "api.telemetry"),
    "migrations": ("api.db",),
    "cli": ("api", "renderer", "pipelines", "local", "migrations", "deploy"),
    "local": ("api", "renderer", "pipelines", "cli", "migrations"),
    "benchmarks": ("api", "renderer", "pipelines", "cli", "local", "migrations", "deploy"),
    "deploy": ("local",),
}

# The pure modules: the same input gives the same output, on every machine, at every time.
IMPURE = {
    "fastapi", "starlette", "sqlalchemy", "psycopg", "httpx", "requests", "urllib.request", "socket", "asyncio",
    "subprocess", "secrets", "time", "google", "threading",
}  # fmt: skip
IMPURE_CALLS = {"datetime.now", "datetime.utcnow", "date.today", "random.random", "random.Random()", "uuid.uuid4"}

LONGEST_FILE = 400
LONG_FILES: dict[str, str] = {}  # path -> reason why it is one piece


def python_files(room: str, project: Path = PROJECT) -> list[Path]:
    return sorted(path for path in (project / room).rglob("*.py") if "target" not in path.parts)


def imported_modules(path: Path, project: Path = PROJECT) -> set[str]:
    """Full names of everything a file imports, also inside functions and under TYPE_CHECKING."""
    package = ".".join(path.relative_to(project).with_suffix("").parts[:-1])
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*parents, node.module or ""]).strip(".")
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return names


def within(module: str, allowed: str) -> bool:
    """Whether a module lies in an allowed package; `*` stands for one part."""
    pattern = re.escape(allowed).replace(r"\*", r"[^.]+")
    return re.match(rf"{pattern}(\.|$)", module) is not None


def forbidden_imports(room: str, project: Path = PROJECT) -> list[str]:
    return [
        f"{path.relative_to(project)} imports {module}"
        for path in python_files(room, project)
        for module in sorted(imported_modules(path, project))
        if module.split(".")[0] in ROOMS
        and module.split(".")[0] != room
        and not any(within(module, allowed) for allowed in ALLOWED[room])
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_only_what_they_may(room: str) -> None:
    assert forbidden_imports(room) == []


@pytest.mark.parametrize(
    ("module", "allowed", "expected"),
    [
        ("api.db.tables", "api.db", True),
        ("api.dbx", "api.db", False),
        ("api.generation.rules.prompt", "api.*.rules", True),
        ("api.generation.service", "api.*.rules", False),
        ("api.generation.vertex.rules", "api.*.rules", False),
    ],
)
def test_the_rule_itself_tells_packages_apart(module: str, allowed: str, *, expected: bool) -> None:
    assert within(module, allowed) is expected


def test_a_forbidden_import_is_seen_wherever_it_stands(tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "late.py").write_text("def f():\n    from api.auth.service import AuthService\n")
    assert forbidden_imports("pipelines", tmp_path) == ["pipelines/late.py imports api.auth.service.AuthService"]


def impurities(path: Path) -> list[str]:
    """What makes a file depend on more than its input."""
    place = path.relative_to(PROJECT)
    found = [
        f"{place} imports {module}"
        for module in sorted(imported_modules(path))
        if any(within(module, impure) for impure in IMPURE)
    ]
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            unseeded = call in {"Random", "random.Random"} and not node.args
            if unseeded or any(call == name or call.endswith(f".{name}") for name in IMPURE_CALLS):
                found.append(f"{place}:{node.lineno} calls {call}")
    return found


def test_rules_are_pure() -> None:
    files = [path for path in python_files("api") if "rules" in path.relative_to(PROJECT).parts]
    assert files, "no rules found: the folder was renamed and this test sees nothing"
    assert [problem for path in files for problem in impurities(path)] == []


def test_dbt_folder_is_no_package() -> None:
    """With an `__init__.py` it would hide the installed `dbt` package."""
    assert (PROJECT / "dbt").is_dir()
    assert not list((PROJECT / "dbt").rglob("__init__.py"))


def test_files_are_short() -> None:
    lengths = {
        str(path.relative_to(PROJECT)): len(path.read_text().splitlines())
        for room in (*ROOMS, "tests")
        for path in python_files(room)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE and name not in LONG_FILES} == {}


def test_every_listed_long_file_is_still_long() -> None:
    still_long = [name for name in LONG_FILES if len((PROJECT / name).read_text().splitlines()) > LONGEST_FILE]
    assert still_long == list(LONG_FILES)
