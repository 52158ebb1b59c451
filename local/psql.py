"""`make psql ROLE=analyst`: the wheel's psql on the running stack, or on PostgreSQL alone when none runs."""

import argparse
import os
import signal
import subprocess
import sys

from local.foreground import data_dir, report
from local.stack import EmbeddedStack, StackError
from local.stack.addresses import ROLE_OF_SETTING, parsed
from local.stack.postgres import programs_folder

SETTINGS = {role.removeprefix("cvstomize_"): setting for setting, role in ROLE_OF_SETTING.items()}


def main() -> int:
    """Open a prompt, or run one statement. The exit code is that of psql; 1 when there is no database to talk to."""
    parser = argparse.ArgumentParser(prog="make psql", description=__doc__)
    parser.add_argument("role", choices=[*SETTINGS, "superuser"])
    parser.add_argument("--command", help="run this and leave")
    options = parser.parse_args()
    try:
        with EmbeddedStack(data_dir(), bigquery=False, storage=False, attach=True) as stack:
            if not stack.attached:
                stack.prepare()
            return run_psql(stack, options.role, options.command)
    except StackError as error:
        return report(error)


def run_psql(stack: EmbeddedStack, role: str, command: str | None) -> int:
    """Run psql as a role. The password goes by the environment: a command line can be read by everybody."""
    url = stack.superuser_url if role == "superuser" else stack.environment()[SETTINGS[role]]
    if url is None:
        raise StackError("DATABASE_URL names a server whose superuser is not known here: choose another ROLE")
    address = parsed(url)
    environment = os.environ | {
        "PGPASSWORD": address.password or "",
        "PGTZ": "UTC",
        "PSQL_HISTORY": str(stack.data_dir / "psql_history"),
    }
    location = {
        "--host": address.host,
        "--port": address.port,
        "--username": address.username,
        "--dbname": address.database,
    }
    psql = [str(programs_folder() / "psql"), "--no-psqlrc"]
    psql += [part for option, value in location.items() if value is not None for part in (option, str(value))]
    psql += ["--command", command] if command else []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C cancels a query in psql; it does not end us
    try:
        return subprocess.run(psql, env=environment, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    sys.exit(main())
