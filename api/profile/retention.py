"""How long originals live. Without imports, because the bucket's rule is made from it before the service exists."""

from __future__ import annotations

from datetime import timedelta

UPLOAD_LIFETIME = timedelta(days=30)
UNFINISHED_LIFETIME = timedelta(hours=1)
"""Far longer than an import takes, so that no round of the worker deletes an original that is still being stored."""
