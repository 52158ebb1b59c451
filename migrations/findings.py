"""What the check found, and the block an administrator pastes to put it right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from psycopg import sql

from migrations.roles import OWNER
from migrations.statements import Statement


@dataclass(frozen=True, slots=True)
class Remedy:
    """One statement. `owner` is the role whose object it changes; "" when only an administrator's right is needed."""

    statement: str
    owner: str = ""
    new_owner: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an operator should know. `refused` keeps the migration from starting."""

    message: str
    refused: bool = True
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSize:
    """Size on disk, in bytes, and the planner's estimate of rows of a table that would be locked."""

    name: str
    total_bytes: int
    rows: int
    lock: str


@dataclass(frozen=True)
class CheckReport:
    """Everything `cvstomize migrate --check` says. `exit_code` sums it up."""

    place: str
    current: str | None = None
    head: str = ""
    pending: tuple[tuple[str, str, bool, tuple[Statement, ...]], ...] = ()
    sizes: tuple[TableSize, ...] = ()
    findings: tuple[Finding, ...] = ()
    grants: tuple[str, ...] = ()
    locked_by: str | None = None
    interrupted: str | None = None
    database: str = field(default="")

    @property
    def refused(self) -> bool:
        """Whether a migration would not be begun."""
        return any(finding.refused for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0 nothing to do, 10 pending, 20 refused, 30 locked, 50 an interrupted step is to be resumed."""
        if self.refused:
            return 20
        if self.locked_by:
            return 30
        if self.interrupted:
            return 50
        return 10 if self.pending else 0


def quoted(*names: str) -> str:
    """A qualified name, quoted for PostgreSQL."""
    return sql.Identifier(*names).as_string(None)


def remedy_block(findings: Iterable[Finding], database: str) -> str:
    """All remedies of the refusals as one block to paste, and the same for a server without a superuser."""
    remedies = list(dict.fromkeys(remedy for finding in findings if finding.refused for remedy in finding.remedies))
    if not remedies:
        return ""
    statements = [f"{remedy.statement};" for remedy in remedies]
    # Nobody may be granted to themselves, and what postgres owns it may give away.
    roles = sorted({name for remedy in remedies for name in (remedy.owner, remedy.new_owner) if name} - {"postgres"})
    granted = [f"grant {quoted(role)} to current_user;" for role in roles]
    revoked = [f"revoke {quoted(role)} from current_user;" for role in roles]
    return "\n".join(
        [
            f"-- Run as a superuser (postgres), connected to database {database}:",
            "begin;",
            *statements,
            "commit;",
            "",
            "-- On Cloud SQL, where postgres is no superuser, run this instead as postgres. The memberships are",
            "-- temporary: the last lines take them back. A role that postgres may not grant has to be granted by",
            "-- the role that created it.",
            "begin;",
            *granted,
            *statements,
            *revoked,
            "commit;",
        ]
    )


def transfer(kind: str, name: str, owner: str) -> Remedy:
    """Give one object to the owner role. `kind` is the SQL word, `name` is already quoted."""
    return Remedy(f"alter {kind} {name} owner to {quoted(OWNER)}", owner, OWNER)
