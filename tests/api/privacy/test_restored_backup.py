"""A backup that is older than an erasure brings the person back; one command lets them go again."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack.addresses import libpq_address
from migrations.bootstrap import grant_database
from tests.api.privacy.test_erasure import erase_now, lived_in, objects, work
from tests.api.privacy.test_erasure_interrupted import status
from tests.support.chains import PROGRAMS, empty_database
from tests.support.databases import Database
from tests.support.residue_scan import scan_postgres, scan_storage
from tests.support.running_service import Person, Service, running_service
from tests.support.service_settings import eraser_settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def programs(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]


def saved(database: Database, file: Path, *options: str) -> Path:
    programs(PROGRAMS / "pg_dump", "--format=custom", *options, f"--file={file}", libpq_address(database.superuser_url))
    return file


def restored(backup: Path, database: Database, *options: str) -> None:
    programs(PROGRAMS / "pg_restore", *options, f"--dbname={libpq_address(database.superuser_url)}", backup)
    with database.connect() as connection:
        grant_database(connection)


def erase_command(service: Service, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", "erase", *options]
    return subprocess.run(
        command, env=eraser_settings(service), capture_output=True, text=True, timeout=90, check=False
    )


def is_there(service: Service, person: Person) -> bool:
    return service.rows("select count(*) from cvstomize.users where id = %s", person.user_id) == [(1,)]


@pytest.fixture
def older(database: Database) -> Iterator[Database]:
    with empty_database(database) as another:
        yield another


def test_who_came_back_with_a_backup_is_erased_again(stored_service: Service, older: Database, tmp_path: Path) -> None:
    before = stored_service
    person, token = lived_in(before)
    neighbour, _ = lived_in(before)
    backup = saved(before.database, tmp_path / "backup")
    receipt = person.delete("/api/me").json()["receipt"]
    erase_now(before)
    assert status(before, receipt) == "operational_erased"
    endpoint = str(before.settings.storage_emulator_host)
    assert scan_storage(endpoint, {"user": person.user_id}) == set()

    restored(backup, older)
    changes = before.settings.model_dump(exclude={"database_url", "eraser_database_url"})
    with running_service(older, **changes) as after:
        # The backup knows nothing of the erasure: account, link, and no receipt.
        assert is_there(after, person)
        with after.client() as visitor:
            assert visitor.get(f"/r/{token}/resume.pdf").status_code == 200
            assert visitor.get(f"/api/erasures/{receipt}").status_code == 404
        run = erase_command(after, "--again-after-restore")
        assert run.returncode == 0, run.stderr
        assert "1 had been erased, came back with the backup, and will be erased again" in run.stdout
        assert status(after, receipt) == "operational_erased", "the receipt of then is good again"
        with after.clock.moved(minutes=3):
            work(after)
        with older.connect() as connection:
            found = scan_postgres(connection, {"user": person.user_id, "mail": person.email})
        assert {place for _, place in found} == {"cvstomize.erasure_requests"}
        assert objects(after, person) == []
        assert is_there(after, neighbour)
        with after.client(neighbour.token) as client:
            assert client.get("/api/me").status_code == 200
        again = erase_command(after, "--again-after-restore")
        assert (again.returncode, again.stdout.splitlines()[0][:2]) == (0, "0 ")


def test_without_storage_the_saved_table_of_requests_is_enough(
    service: Service, older: Database, tmp_path: Path
) -> None:
    person, _ = lived_in(service)
    backup = saved(service.database, tmp_path / "backup")
    receipt = person.delete("/api/me").json()["receipt"]
    erase_now(service)
    # As inserts: the backup has the requests from before it.
    options = ("--data-only", "--inserts", "--on-conflict-do-nothing", "--table=cvstomize.erasure_requests")
    requests = saved(service.database, tmp_path / "requests", *options)

    restored(backup, older)
    restored(requests, older)
    with running_service(older) as after:
        assert is_there(after, person)
        run = erase_command(after, "--again-after-restore")
        assert run.returncode == 0, run.stderr
        assert not is_there(after, person)
        assert status(after, receipt) == "operational_erased"
