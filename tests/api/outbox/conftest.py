"""The running service and its people."""

from tests.support.running_service import person, service, stored_service

__all__ = ["person", "service", "stored_service"]
