"""Schemathesis against the document: three identities, every check, no failure. `make prove` runs 20,000 cases."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import Database
from tests.support.running_service import Person, Service, running_service

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
CONFIGURATION = (PROJECT / "schemathesis.toml").read_text("utf-8")
HOOKS = Path(__file__).with_name("file_parts.py")
PROFILE = {
    "basics": {"name": "Ada Example", "email": "ada@example.com"},
    "work": [{"name": "Example Works", "position": "Engineer", "highlights": ["Cut costs by 20% with Python"]}],
}
PROVEN_CASES = 20_000
REQUEST_SECONDS = 60  # an archive of hundreds of fuzzed resumes, on a machine that does other things as well
ENDS_THE_ACCOUNT = "deleteMe"


@pytest.fixture(scope="module")
def service(database: Database) -> Iterator[Service]:
    with running_service(database, log_level="warning") as running:
        yield running


def somebody(service: Service) -> Person:
    person = service.person()
    assert person.put("/api/profile", json=PROFILE).status_code == 200
    return person


def cases(service: Service, folder: Path, identities: list[Person], *options: str) -> int:
    """Run Schemathesis as these people (nobody when there is none) and return how many cases passed."""
    configuration = f'hooks = "{HOOKS}"\n{CONFIGURATION}'
    if identities:
        names = [f"person-{number}" for number in range(len(identities))]
        headers = [[{"name": "Authorization", "value": f"Bearer {person.token}"}] for person in identities]
        users = [{"name": n, "fixedHeaders": h} for n, h in zip(names, headers, strict=True)]
        (folder / "users.json").write_text(json.dumps({"auth": users}))
        configuration += f'\n[auth.wfc]\npath = "{folder / "users.json"}"\nuser = "{names[0]}"\n'
        configuration += f"peers = {json.dumps(names)}\n" if len(names) > 1 else ""
    (folder / "schemathesis.toml").write_text(configuration)
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(folder / "schemathesis.toml")]
    command += ["run", f"{service.base_url}/openapi.json", "--no-color", "--checks=all", "--continue-on-failure"]
    command += [f"--request-timeout={REQUEST_SECONDS}"]
    run = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, "\n".join(line[:400] for line in (run.stdout + run.stderr).splitlines()[-200:])
    found = re.search(r"(\d+) generated, (\d+) passed", run.stdout)
    assert found is not None, run.stdout[-3_000:]
    return int(found[2])


def test_the_document_holds_for_three_identities(service: Service, tmp_path: Path) -> None:
    options = (f"--exclude-operation-id={ENDS_THE_ACCOUNT}", "--seed=7")
    nobody = tmp_path / "nobody"
    nobody.mkdir()
    assert cases(service, nobody, [], *options, "--phases=examples,fuzzing", "--max-examples=1") > 20
    two = [somebody(service), somebody(service)]
    assert cases(service, tmp_path, two, *options, "--phases=examples,fuzzing,stateful", "--max-examples=2") > 80


def test_ending_an_account_is_as_documented(service: Service, tmp_path: Path) -> None:
    options = (
        f"--include-operation-id={ENDS_THE_ACCOUNT}",
        "--seed=7",
        "--max-examples=3",
        "--phases=examples,fuzzing",
    )
    assert cases(service, tmp_path, [somebody(service)], *options) > 0


@pytest.mark.prove
@pytest.mark.timeout(3_600)
def test_twenty_thousand_cases(service: Service, tmp_path: Path) -> None:
    total = 0
    for seed in range(1, 40):
        folder = tmp_path / str(seed)
        folder.mkdir()
        identities = [] if seed % 5 == 0 else [somebody(service), somebody(service)]
        options = (f"--exclude-operation-id={ENDS_THE_ACCOUNT}", f"--seed={seed}", "--max-examples=40")
        total += cases(service, folder, identities, *options)
        print(f"{total} cases", flush=True)
        if total >= PROVEN_CASES:
            return
    raise AssertionError(f"only {total} cases were made")
