"""`squawk` finds statements that lock or break a running version; each exception is justified in its revision's file.

An exception is a comment line in the revision: `# squawk RULE: reason`.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from migrations.chain import Chain, Revision, checksum_of
from tests.support.chains import Standalone, write_chain

SQUAWK = Path(sys.executable).with_name("squawk")
EXCEPTION = re.compile(r"^# squawk ([a-z-]+): (\S.{20,})$", re.MULTILINE)
# What the runner sets before every statement.
PREFIX = "set lock_timeout = '3s';\nset statement_timeout = '60s';\n"


def violations(revision: Revision, folder: Path) -> set[str]:
    file = folder / f"{revision.name}.sql"
    file.write_text(PREFIX + "".join(f"{statement.text};\n" for statement in revision.statements))
    command = [SQUAWK, "--reporter=json", "--pg-version=15"]
    command += [] if revision.standalone else ["--assume-in-transaction"]
    done = subprocess.run([*command, file], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return {found["rule_name"] for found in json.loads(done.stdout or "[]")}


@pytest.mark.parametrize("revision", Chain().revisions, ids=lambda revision: revision.name)
def test_every_revision_is_clean_or_says_why_not(revision: Revision, tmp_path: Path) -> None:
    justified = {rule for rule, _ in EXCEPTION.findall(Path(revision.script.path).read_text())}
    found = violations(revision, tmp_path)
    assert found - justified == set(), (
        f"put `# squawk RULE: reason` into {revision.script.path}, or change the statement"
    )
    assert justified - found == set(), "an exception that nothing needs any more"


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("alter table cvstomize.resumes drop column title", "ban-drop-column"),
        ("alter table cvstomize.resumes rename column title to name", "renaming-column"),
        ("alter table cvstomize.resumes alter column title type varchar(9)", "changing-column-type"),
        ("create index i on cvstomize.resumes (title)", "require-concurrent-index-creation"),
    ],
)
def test_what_a_running_version_would_trip_over_is_found(tmp_path: Path, statement: str, rule: str) -> None:
    (revision,) = write_chain(tmp_path / "chain", (statement,)).revisions
    assert rule in violations(revision, tmp_path)


def test_a_concurrent_index_alone_is_clean(tmp_path: Path) -> None:
    index = Standalone("create index concurrently if not exists i on cvstomize.resumes (title)")
    (revision,) = write_chain(tmp_path / "chain", index).revisions
    assert violations(revision, tmp_path) == set()


@pytest.mark.parametrize(
    ("edited", "same"),
    [
        ("a = 1\n# another reason\nb = 2\n", True),
        ("a = 1\n\n\nb = 2", True),
        ("a = 1\nb = 3\n", False),
        ("a = 1\n", False),
        ("b = 2\na = 1\n", False),
    ],
)
def test_only_comments_may_change_after_a_revision_ran(edited: str, *, same: bool) -> None:
    assert (checksum_of("a = 1\n# reason\nb = 2\n") == checksum_of(edited)) is same
