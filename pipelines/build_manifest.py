"""`python -m pipelines.build_manifest`: parse the dbt project once, so that the code location loads at once."""

from __future__ import annotations

import sys

from pipelines.lib.manifest import ManifestError, ensure_manifest


def main() -> int:
    """Build the manifest when it is missing or stale, and say where it is."""
    try:
        path = ensure_manifest()
    except ManifestError as error:
        print(error, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
