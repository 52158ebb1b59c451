"""Gemini on Vertex AI as a wording provider: bounded, checked before the call, never trusted."""
