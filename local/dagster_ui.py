"""`make dagster`: the Dagster UI on the running stack, or on one of its own when none runs."""

import sys

from local.foreground import PROJECT, data_dir, port_from_environment, report, running, watch
from local.stack import EmbeddedStack, StackError


def main() -> int:
    """Show the UI until Ctrl-C. Exit code 1 with one line when something is in the way."""
    try:
        port = port_from_environment("DAGSTER_PORT", 3001)
        with EmbeddedStack(data_dir(), attach=True) as stack:
            stack.prepare()
            dagster = [sys.executable, "-m", "dagster", "dev", "-w", str(PROJECT / "workspace.yaml")]
            programs = {"Dagster": [*dagster, "-h", "127.0.0.1", "-p", str(port)]}
            print(
                f"Dagster UI: http://127.0.0.1:{port} (runs are kept in {stack.environment()['DAGSTER_HOME']})",
                flush=True,
            )
            with running(programs, stack.environment()) as started:
                watch(stack, started)
    except StackError as error:
        return report(error)
    except KeyboardInterrupt:
        print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
