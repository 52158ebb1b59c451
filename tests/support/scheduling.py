"""Which tests one worker runs together, so that what is costly to set up is set up once.

pytest-xdist 3.8 has `--dist loadgroup` for this, but its group names are lost under pytest 9.2, which no longer reads
the node id that xdist rewrites. A scheduler of our own groups by path instead.
"""

from xdist.scheduler import LoadScopeScheduling

FOLDERS_TOGETHER = ("tests/dbt/", "tests/renderer/")
"""Folders whose tests share a costly session fixture: a built warehouse, a warm renderer."""
FIRST = ("tests/test_end_to_end.py", "tests/dbt/", "tests/pipelines/", "tests/local/")
"""What takes longest is handed out first, so that no worker is left with it alone at the end."""


def group_of(node_id: str) -> str:
    """The unit of work a test belongs to: its folder where that is shared, else its file."""
    path = node_id.split("::", 1)[0]
    return next((folder for folder in FOLDERS_TOGETHER if path.startswith(folder)), path)


class PathScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Hands out whole groups of tests, in the order of collection, which `pytest_collection_modifyitems` sets."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def position(node_id: str) -> int:
    """Sort key of a test: the costly folders first, the rest as collected."""
    return next((index for index, folder in enumerate(FIRST) if node_id.startswith(folder)), len(FIRST))
