"""Which states of the database this version of the service can work with. The service itself never migrates."""

from __future__ import annotations

SUPPORTED_HEADS = ("0014", "0015", "0016")
"""Migration heads, oldest first. A test keeps the last one equal to the newest revision."""


EARLIER_HEADS = ("0001", "0002", "0003", "0004", "0010", "0011", "0012", "0013")
"""Heads before those, oldest first: known, and too old. A test holds both lists together to the chain of revisions."""


def explain_head(head: str | None) -> str:
    """What to do about a head outside the range. Names have no order: the lists above say which is older."""
    newest = SUPPORTED_HEADS[-1]
    if head is None:
        return "The database has no schema yet. Run `cvstomize migrate` as the migrator."
    if head in EARLIER_HEADS:
        return (
            f"The database is at revision {head}; this version needs {SUPPORTED_HEADS[0]} to {newest}."
            " Run `cvstomize migrate`."
        )
    if head in SUPPORTED_HEADS:
        return f"The database is at revision {head}, which this version supports."
    return (
        f"The database is at revision {head}, which this version does not know; the newest it knows is {newest}."
        " Deploy the version that brought it."
    )
