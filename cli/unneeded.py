"""Optional halves of libraries that the API never uses, left out of its start.

Libraries import what they find installed: the log library its coloured tracebacks (and with them 130 modules), the web
framework the first version of pydantic, the server its reloader. An entry of None in `sys.modules` is how Python says
that a module cannot be imported; each of these imports has a fallback for that. Afterwards all can be imported again.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNNEEDED = ("rich", "colorama", "pydantic.v1", "watchfiles", "email_validator")


@contextmanager
def left_out() -> Iterator[None]:
    """Within it, imports of these fail as if they were not installed. What is loaded already stays."""
    hidden = [name for name in UNNEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    # Pydantic looks through the metadata of every installed package for plugins; there are none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        import_openapi_models()
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, ...) is None:
                del sys.modules[name]


def import_openapi_models() -> None:
    """Import the framework's models of an OpenAPI document without building them: the first `/openapi.json` does.

    `defer_build` is a setting of each model, taken over from its base; only what this line imports sees it.
    """
    from pydantic import BaseModel

    BaseModel.model_config["defer_build"] = True
    try:
        importlib.import_module("fastapi.openapi.models")
    finally:
        del BaseModel.model_config["defer_build"]
