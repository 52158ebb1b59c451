"""`make dbt-docs`: the documentation of every model, with its columns as the database has them, as one HTML page."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from local.foreground import PROJECT, data_dir, report
from local.stack import EmbeddedStack, StackError

DOCS_SECONDS = 180


def main() -> int:
    """Generate the page and say where it is; dbt's own words when it cannot."""
    try:
        with EmbeddedStack(data_dir(), bigquery=False, storage=False, attach=True) as stack:
            if not stack.attached:
                stack.prepare()
            return generate(stack)
    except StackError as error:
        return report(error)


def generate(stack: EmbeddedStack) -> int:
    """Run `dbt docs generate --static` as the pipeline's role."""
    from pipelines.defs.marts.warehouses import Warehouse
    from pipelines.lib.manifest import PROJECT_DIR, dbt_executable
    from pipelines.settings import load_settings

    os.environ |= stack.environment()
    Warehouse("postgres", load_settings()).put_into_environment()
    work = work_folder()
    command = [dbt_executable(), "--quiet", "docs", "generate", "--static", "--target", "postgres"]
    command += ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)]
    command += ["--target-path", str(work), "--log-path", str(work)]
    done = subprocess.run(
        command,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DOCS_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout.strip(), file=sys.stderr)
        return 1
    print(shutil.copyfile(work / "static_index.html", data_dir() / "dbt-docs.html"))
    return 0


def work_folder() -> Path:
    """Where dbt writes. Absolute: dbt reads a relative target folder from its project, and a log folder from here."""
    return data_dir().resolve() / "dbt-docs"


if __name__ == "__main__":
    sys.exit(main())
