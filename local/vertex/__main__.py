"""`python -m local.vertex --port N --data-dir D`: the stand-in in the foreground, ready when it says so."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from local.vertex.stand_in import VertexStandIn
from local.vertex.wire import NO_MODEL


def main() -> int:
    """Serve until stopped; exit 1 with one line when the port is taken or the folder unwritable."""
    parser = argparse.ArgumentParser(prog="python -m local.vertex", description=f"Vertex AI stand-in: {NO_MODEL}.")
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder for jobs and faults.json")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        stand_in = VertexStandIn(arguments.data_dir, arguments.port)
    except OSError as error:
        sys.stderr.write(f"the Vertex stand-in cannot start: {error}\n")
        return 1
    sys.stdout.write(f"Vertex stand-in ready at {stand_in.base_url} ({NO_MODEL})\n")
    sys.stdout.flush()
    stand_in.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
