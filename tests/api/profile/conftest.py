"""A service with storage whose clock can be moved, beside the fixtures of the API."""

from tests.support.running_service import stored_service

__all__ = ["stored_service"]
