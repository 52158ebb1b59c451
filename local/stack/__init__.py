"""PostgreSQL, Cloud Storage and BigQuery on loopback, so that local and production use the same clients."""

from local.stack.errors import StackError
from local.stack.stack import EmbeddedStack

__all__ = ["EmbeddedStack", "StackError"]
