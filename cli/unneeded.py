"""Optional halves of libraries that the API never uses, left out of its start.

Libraries import what they find installed: the log library its coloured tracebacks (and with them 130 modules), the web
framework the first version of pydantic, the server its reloader. An entry of None in `sys.modules` is how Python says
that a module cannot be imported; each of these imports has a fallback for that. Afterwards all can be imported again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNNEEDED = ("rich", "colorama", "pydantic.v1", "watchfiles")


@contextmanager
def left_out() -> Iterator[None]:
    """Within it, imports of these fail as if they were not installed. What is loaded already stays."""
    hidden = [name for name in UNNEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    # Pydantic looks through the metadata of every installed package for plugins; there are none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, ...) is None:
                del sys.modules[name]
