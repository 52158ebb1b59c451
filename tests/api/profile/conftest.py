"""Black-box fixtures of this folder."""

from tests.support.api_fixtures import api, person, storing_api

__all__ = ["api", "person", "storing_api"]
