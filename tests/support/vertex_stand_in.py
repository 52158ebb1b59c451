"""A Vertex stand-in that a test file starts once, clean again for each of its tests."""

import pytest

from local.vertex import VertexStandIn


@pytest.fixture
def vertex(server: VertexStandIn) -> VertexStandIn:
    """The file's `server` without faults and without memory of earlier requests."""
    server.faults.clear()
    server.seen.clear()
    return server
