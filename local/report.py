"""`make report`: the marts of the running stack, or of PostgreSQL alone when none runs, as one HTML page."""

import argparse
import sys
from pathlib import Path

from local.foreground import data_dir, report
from local.stack import EmbeddedStack, StackError
from local.stack.addresses import libpq_address


def main() -> int:
    """Write the page and say where it is; 1 when there is nothing to read."""
    parser = argparse.ArgumentParser(prog="make report", description=__doc__)
    parser.add_argument("--output", type=Path, default=data_dir() / "report.html")
    options = parser.parse_args()
    from pipelines.lib.report.page import ReportError, write_report  # Plotly takes half a second to import

    try:
        with EmbeddedStack(data_dir(), bigquery=False, storage=False, attach=True) as stack:
            if not stack.attached:
                stack.prepare()
            print(write_report(libpq_address(stack.environment()["ANALYST_DATABASE_URL"]), options.output))
            return 0
    except StackError as error:
        return report(error)
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
