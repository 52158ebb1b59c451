"""Which methods a path answers to, over all routes: the framework looks at the first route that fits and no further."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute


class MethodTable:
    """Paths and their methods. A path without parameters is itself before it is the value of a parameter."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._fixed: dict[str, set[str]] = defaultdict(set)
        patterns: dict[str, tuple[re.Pattern[str], set[str]]] = {}
        for route in (route for router in routers for route in router.routes if isinstance(route, APIRoute)):
            if "{" in route.path:
                patterns.setdefault(route.path, (route.path_regex, set()))[1].update(route.methods or ())
            else:
                self._fixed[route.path] |= route.methods or set()
        self._patterns = tuple(patterns.values())

    def is_fixed(self, path: str) -> bool:
        """Whether a route has exactly this path."""
        return path in self._fixed

    def allowed(self, path: str) -> str:
        """The value of the `Allow` header; empty when no route has this path."""
        if path in self._fixed:
            return ", ".join(sorted(self._fixed[path]))
        found = (methods for pattern, methods in self._patterns if pattern.fullmatch(path))
        return ", ".join(sorted(set().union(*found)))
