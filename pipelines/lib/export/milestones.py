"""Named points of an export. A listener hears each of them; the proof that an export survives being killed uses one."""

from __future__ import annotations

from collections.abc import Callable

listener: Callable[[str], None] | None = None


def reach(point: str) -> None:
    """Say that the export got to a point, just before or just after an effect outside this process."""
    if listener is not None:
        listener(point)
