"""The stand-in of Vertex, clean for each test."""

from tests.support.vertex_stand_in import vertex

__all__ = ["vertex"]
