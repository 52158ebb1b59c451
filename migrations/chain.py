"""The chain of revisions: which are pending, what each would run, and how they are cut into steps.

Everything here is known from the files alone. An unbroken run of ordinary revisions is one step and one transaction.
A revision marked `separate = True` begins a new one: what takes long must not keep the locks of those before it.
A revision marked `standalone = True` holds one statement that PostgreSQL refuses inside a transaction, and is a step
of its own.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from api.db.base import Base
from migrations.errors import RefusedError
from migrations.statements import Statement, UnreadableStatementError, read_statements

HOME = Path(__file__).parent
VERSIONS = HOME / "versions"


@dataclass(frozen=True)
class Revision:
    """One file of the chain. `checksum` is the SHA-256 of its text without comments."""

    name: str
    title: str
    script: Script
    checksum: str
    standalone: bool
    separate: bool = False

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """What it would run. Raises RefusedError when that cannot be known without a database."""
        return read_revision(self)

    def rule_broken(self) -> str | None:
        """Why the revision may not run the way it is marked, or None."""
        concurrent = [statement for statement in self.statements if statement.concurrent]
        if self.standalone:
            if len(self.statements) != 1 or not concurrent or self.statements[0].node not in {"IndexStmt", "DropStmt"}:
                return "is standalone, so it has to hold exactly one CREATE or DROP INDEX CONCURRENTLY"
            if self.statements[0].node == "IndexStmt" and not self.statements[0].index:
                return "has to name its index, so that a remnant can be found"
            return None
        if concurrent:
            return "holds a concurrent statement, so it has to be the only one and marked `standalone = True`"
        if any(statement.node == "TransactionStmt" for statement in self.statements):
            return "begins or ends a transaction (autocommit_block or COMMIT): its neighbours would be half applied"
        return None


@dataclass(frozen=True)
class Step:
    """Revisions that are applied together or, for a standalone one, alone and outside a transaction."""

    revisions: tuple[Revision, ...]

    @property
    def standalone(self) -> bool:
        """Whether it runs outside a transaction."""
        return self.revisions[0].standalone

    @property
    def target(self) -> str:
        """The revision the database is at afterwards."""
        return self.revisions[-1].name

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Everything it would run, in order."""
        return tuple(statement for revision in self.revisions for statement in revision.statements)


@dataclass(frozen=True)
class Chain:
    """All revisions of one folder, oldest first."""

    versions: Path = VERSIONS

    @cached_property
    def config(self) -> Config:
        """The Alembic configuration, built in code so that no file holds a URL."""
        config = Config()
        config.set_main_option("script_location", str(HOME))
        config.set_main_option("version_locations", str(self.versions))
        config.set_main_option("path_separator", "os")
        return config

    @cached_property
    def directory(self) -> ScriptDirectory:
        """Alembic's view of the folder."""
        return ScriptDirectory.from_config(self.config)

    @cached_property
    def revisions(self) -> tuple[Revision, ...]:
        """Oldest first. Raises RefusedError when the chain forks."""
        heads = self.directory.get_heads()
        if len(heads) != 1:
            raise RefusedError(f"the revisions do not form one chain: {', '.join(heads) or 'none'} are all newest")
        return tuple(
            Revision(
                name=script.revision,
                title=(script.doc or "").splitlines()[0] if script.doc else "",
                script=script,
                checksum=checksum_of(Path(script.path).read_text()),
                standalone=bool(getattr(script.module, "standalone", False)),
                separate=bool(getattr(script.module, "separate", False)),
            )
            for script in reversed(list(self.directory.walk_revisions()))
        )

    @property
    def head(self) -> str:
        """The newest revision."""
        return self.revisions[-1].name

    def pending(self, current: str | None, target: str | None = None) -> tuple[Revision, ...]:
        """Revisions after `current`, up to `target` or the head. Raises RefusedError for one it does not know."""
        names = [revision.name for revision in self.revisions]
        for name in (current, target):
            if name is not None and name not in names:
                raise RefusedError(
                    f"the database is at revision {name}, which this version does not know; deploy the newer version"
                    if name == current
                    else f"there is no revision {name}"
                )
        first = names.index(current) + 1 if current is not None else 0
        last = names.index(target) + 1 if target is not None else len(names)
        return self.revisions[first:last]


def checksum_of(text: str) -> str:
    """SHA-256 of a revision's text. Lines that are only a comment, and empty ones, may change after it ran."""
    kept = [line.rstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def cut_into_steps(revisions: Iterable[Revision]) -> tuple[Step, ...]:
    """Unbroken runs of ordinary revisions together, a separate one first in its step, each standalone one alone."""
    steps: list[list[Revision]] = []
    for revision in revisions:
        if steps and not revision.standalone and not revision.separate and not steps[-1][0].standalone:
            steps[-1].append(revision)
        else:
            steps.append([revision])
    return tuple(Step(tuple(step)) for step in steps)


def read_revision(revision: Revision) -> tuple[Statement, ...]:
    """Run `upgrade()` into a buffer instead of a database and read what came out. Raises RefusedError."""
    buffer = io.StringIO()
    # With its usual parameter style every % in a text would come out doubled; without the metadata constraints would
    # get other names than `env.py` gives them.
    context = MigrationContext.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        opts={"as_sql": True, "output_buffer": buffer, "target_metadata": Base.metadata},
    )
    try:
        with Operations.context(context):
            revision.script.module.upgrade()
        return read_statements(buffer.getvalue())
    except UnreadableStatementError as error:
        raise RefusedError(f"revision {revision.name} holds SQL that PostgreSQL cannot read: {error}") from error
    except Exception as error:
        raise RefusedError(
            f"revision {revision.name} cannot be shown before it runs ({type(error).__name__}: {error}); "
            "a revision may not read the database"
        ) from error
