"""Fixtures of the API: a real server on a fresh database, and somebody with an account."""

from tests.support.running_service import person, service, stored_service

__all__ = ["person", "service", "stored_service"]
