"""`make dagster`: the Dagster UI on the running stack, or on one of its own when none runs."""

import contextlib
import os
import sys

from local.foreground import PROJECT, data_dir, port_from_environment, report, running, watch
from local.stack import EmbeddedStack, StackError
from local.vertex import VertexStandIn


def main() -> int:
    """Show the UI until Ctrl-C. Exit code 1 with one line when something is in the way."""
    try:
        port = port_from_environment("DAGSTER_PORT", 3001)
        with contextlib.ExitStack() as opened:
            stack = opened.enter_context(EmbeddedStack(data_dir(), attach=True))
            stack.prepare()
            environment = stack.environment()
            if not os.environ.get("VERTEX_BASE_URL"):  # tuning runs started in the UI need somebody to answer
                storage_host = environment["STORAGE_EMULATOR_HOST"]
                vertex = opened.enter_context(VertexStandIn(stack.data_dir / "vertex", storage_host=storage_host))
                environment |= {"VERTEX_BASE_URL": vertex.base_url, "VERTEX_PROJECT": environment["GCP_PROJECT_ID"]}
            programs = {"Dagster": dagster_command(port)}
            print(
                f"Dagster UI: http://127.0.0.1:{port} (runs are kept in {environment['DAGSTER_HOME']})",
                flush=True,
            )
            with running(programs, environment) as started:
                watch(stack, started)
    except StackError as error:
        return report(error)
    except KeyboardInterrupt:
        print("stopped")
    return 0


def dagster_command(port: int) -> list[str]:
    """The UI, the daemon and the code location in one program."""
    workspace = str(PROJECT / "workspace.yaml")
    return [sys.executable, "-m", "dagster", "dev", "-w", workspace, "-h", "127.0.0.1", "-p", str(port)]


if __name__ == "__main__":
    sys.exit(main())
