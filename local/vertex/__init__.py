"""A stand-in for Gemini on Vertex AI at the HTTP level. No real model is behind it; every log line says so."""

from local.vertex.stand_in import VertexStandIn

__all__ = ["VertexStandIn"]
