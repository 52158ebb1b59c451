"""Which states of the database this version of the service can work with. The service itself never migrates."""

from __future__ import annotations

SUPPORTED_HEADS = ("0012",)
"""Migration heads, oldest first. A test keeps the last one equal to the newest revision."""


def explain_head(head: str | None) -> str:
    """What to do about a head outside the range."""
    if head is None:
        return "The database has no schema yet. Run `cvstomize migrate` as the migrator."
    if head < SUPPORTED_HEADS[0]:
        return f"The database is at revision {head}; this version needs {SUPPORTED_HEADS[0]}. Run `cvstomize migrate`."
    return f"The database is at revision {head}, newer than this version knows. Deploy the newer version."
