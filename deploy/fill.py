"""`python3 deploy/fill.py SPECIFICATION`: print it with every ${NAME} replaced from the environment.

A name without a value stops with exit code 78: an empty image tag or project must never reach Google.
"""

import os
import sys
from pathlib import Path
from string import Template

EMPTY_ALLOWED = {"VERTEX_MODEL"}
"""Without a model the composer writes: an empty value says so."""


def fill(text: str, values: dict[str, str]) -> str:
    """The text with its names replaced. Raises KeyError with the names that have no value."""
    template = Template(text)
    missing = [name for name in template.get_identifiers() if not values.get(name) and name not in EMPTY_ALLOWED]
    if missing:
        raise KeyError(", ".join(missing))
    return template.substitute(values)


def main() -> int:
    """Fill the file named by the only argument."""
    path = Path(sys.argv[1])
    try:
        print(fill(path.read_text(encoding="utf-8"), dict(os.environ)), end="")
    except KeyError as error:
        print(f"deploy: {path.name}: no value for {error.args[0]}", file=sys.stderr)
        return 78
    return 0


if __name__ == "__main__":
    sys.exit(main())
