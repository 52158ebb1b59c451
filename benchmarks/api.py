"""The API under load, beside a bare Starlette app that runs the same SQL through the same pool.

    python benchmarks/api.py [--quick]

The statements are not copied by hand: one real request is recorded, and the bare app runs what was recorded, in the
same transactions. So the ratio is the cost of validation, authentication, mapping and serialisation. Both run with two
uvicorn workers on loopback, with the same pool, the same backlog and a queue for connections that is first come, first
served; the load comes from this process over kept-alive connections. Both servers are warm, up at once, and take turns
in short rounds, so that other work on the machine slows both alike. Limits are counted, but so high that none is met.
Last line: one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import pickle
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg

PROJECT = Path(__file__).resolve().parents[1]
RECORDING = "BENCHMARK_RECORDING"
WORKERS = "2"
CONNECTIONS = (1, 16, 128)
RESUMES = 64
"""So many that a history stays as short as that of a real application, whatever the length of a round."""
ROUNDS = 3
WARM_SECONDS = 0.3
BACKLOG = 2048
START_SECONDS = 60.0
REPORT = "report_outcome"
GET = "get_resume"


@dataclass(frozen=True)
class Recording:
    """The statements of one request by transaction, its answer, and the resume it was about."""

    transactions: list[list[tuple[str, Any]]]
    body: bytes
    resume_id: uuid.UUID


def floor_app() -> Any:
    """The bare app: no validation, no authentication, no mapping; the recorded SQL and the recorded answer."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from api.db.database import Database

    with Path(os.environ[RECORDING]).open("rb") as file:
        recordings: dict[str, Recording] = pickle.load(file)
    database = Database(os.environ["DATABASE_URL"])

    async def serve(request: Request) -> Response:
        await request.body()
        recording = recordings[request.path_params["name"]]
        known = {str(recording.resume_id): uuid.UUID(request.path_params["resume_id"])}
        for statements in recording.transactions:
            async with database.transaction() as session:
                connection = await session.connection()
                for statement, parameters in statements:
                    result = await connection.exec_driver_sql(statement, renewed(statement, parameters, known))
                    if result.returns_rows:
                        result.fetchall()
        return Response(recording.body, media_type="application/json")

    return Starlette(routes=[Route("/{name}/{resume_id}", serve, methods=["GET", "POST"])])


def renewed(statement: str, parameters: Any, known: dict[str, uuid.UUID]) -> Any:
    """The recorded parameters for another resume, with a fresh key where a row is inserted."""
    if not isinstance(parameters, dict):
        return parameters
    values = {
        name: known.get(str(value), value) if isinstance(value, uuid.UUID | str) else value
        for name, value in parameters.items()
    }
    if statement.lstrip().upper().startswith("INSERT"):
        values = {name: uuid.uuid4() if name == "id" or name.startswith("id__") else v for name, v in values.items()}
    return values


def record(resume_id: str, token: str, environment: dict[str, str]) -> dict[str, Recording]:
    """Run each request once in this process and note what reached the database."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from starlette.testclient import TestClient

    from api.main import create_app

    os.environ.update(environment)
    transactions: list[list[tuple[str, Any]]] = []

    def begun(_connection: Any) -> None:
        transactions.append([])

    def executed(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        for values in parameters if many else [parameters]:
            transactions[-1].append((statement, dict(values) if values else None))

    headers = {"Authorization": f"Bearer {token}"}
    recordings = {}
    with TestClient(create_app(), headers=headers) as client:
        calls: dict[str, Callable[[], httpx.Response]] = {
            REPORT: lambda: client.post(f"/api/resume/{resume_id}/report-outcome", json=next(REPORTS)),
            GET: lambda: client.get(f"/api/resume/{resume_id}"),
        }
        for name, call in calls.items():
            call()  # the first one also fills caches and opens the pool
            transactions.clear()
            event.listen(Engine, "begin", begun)
            event.listen(Engine, "before_cursor_execute", executed)
            answer = call()
            event.remove(Engine, "begin", begun)
            event.remove(Engine, "before_cursor_execute", executed)
            assert answer.status_code == 200, answer.text
            recordings[name] = Recording(
                [list(statements) for statements in transactions if statements], answer.content, uuid.UUID(resume_id)
            )
    return recordings


def reports() -> Iterator[dict[str, str]]:
    """Reports that are each news: another day and second every time."""
    for number in itertools.count():
        yield {"interviewReceivedAt": f"2026-01-{number // 86_400 % 28 + 1:02d}T{number // 3600 % 24:02d}"
               f":{number // 60 % 60:02d}:{number % 60:02d}Z"}  # fmt: skip


REPORTS = reports()


@contextmanager
def server(target: str, environment: dict[str, str], port: int) -> Iterator[str]:
    """uvicorn with two workers; yields its base URL once it answers."""
    command = [sys.executable, "-m", "uvicorn", target, "--factory", "--workers", WORKERS, "--port", str(port)]
    command += ["--backlog", str(BACKLOG)]
    process = subprocess.Popen(
        [*command, "--no-access-log", "--log-level", "error"], cwd=PROJECT, env=os.environ | environment,
        stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=2)
                break
            except httpx.TransportError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"{target} did not start") from None
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


@dataclass
class Load:
    """What the rounds of load saw. Latencies in milliseconds."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    errors: int = 0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    @property
    def p50(self) -> float:
        """The median latency."""
        return statistics.median(self.latencies)

    @property
    def p99(self) -> float:
        """The latency that one in a hundred exceeds."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(len(self.latencies) * 0.99))]


async def run_load(load: Load, base_url: str, make: Callable[[], bytes], connections: int, seconds: float) -> None:
    """Send requests over `connections` kept-alive connections; every answer but 200 is an error."""
    address = urlsplit(base_url)
    end = time.perf_counter() + seconds

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            while time.perf_counter() < end:
                started = time.perf_counter()
                writer.write(make())
                head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                await asyncio.wait_for(reader.readexactly(length), 30)
                load.latencies.append((time.perf_counter() - started) * 1000)
                load.errors += not head.startswith(b"http/1.1 200")
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            load.errors += 1
        finally:
            writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(connections)))
    load.seconds += time.perf_counter() - started


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", ""]).encode() + body


def prepare_person(base_url: str) -> tuple[str, list[str]]:
    """An account with resumes; returns its token and their ids."""
    from tests.support.samples import AD, DOCUMENT

    with httpx.Client(base_url=base_url, trust_env=False, timeout=30) as client:
        account = {"email": f"{uuid.uuid4().hex}@example.com", "password": "benchmark of the api"}
        token = str(client.post("/api/auth/register", json=account).raise_for_status().json()["accessToken"])
        client.headers["Authorization"] = f"Bearer {token}"
        client.put("/api/profile", json=DOCUMENT).raise_for_status()
        ids = []
        for number in range(RESUMES):
            body = {"jobDescription": f"{AD}\nReference {number}"}
            ids.append(str(client.post("/api/resume/generate", json=body).raise_for_status().json()["id"]))
        client.get(f"/api/resume/{ids[0]}/download").raise_for_status()
    return token, ids


def main() -> None:
    """Measure, print a table, and one JSON object as the last line."""
    from local.stack import EmbeddedStack
    from local.stack.addresses import libpq_address
    from local.stack.ports import free_port

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 60 s")
    seconds = 0.4 if parser.parse_args().quick else 3.0
    loads: dict[tuple[str, int], Load] = {}
    with EmbeddedStack(ephemeral=True, bigquery=False) as stack, tempfile.TemporaryDirectory() as folder:
        stack.prepare()
        environment = stack.environment() | {
            "LOG_LEVEL": "error",
            "RATE_LIMIT_SCALE": "1000",
            RECORDING: str(Path(folder) / "recording"),
        }
        superuser = libpq_address(stack.superuser_url or "")
        with server("api.main:create_app", environment, free_port()) as api:
            token, ids = prepare_person(api)
            with Path(environment[RECORDING]).open("wb") as file:
                pickle.dump(record(ids[0], token, environment), file)
            with server("benchmarks.api:floor_app", environment, free_port()) as floor:
                calls = scenarios(api, floor, token, ids)
                for base_url, make in calls.values():
                    asyncio.run(run_load(Load(), base_url, make, 16, WARM_SECONDS))
                for connections, _ in itertools.product(CONNECTIONS, range(ROUNDS)):
                    for name, (base_url, make) in calls.items():
                        with psycopg.connect(superuser) as connection:
                            connection.execute("delete from cvstomize.outcome_events")
                        load = loads.setdefault((name, connections), Load())
                        asyncio.run(run_load(load, base_url, make, connections, seconds))
    report(loads)


def scenarios(api: str, floor: str, token: str, ids: list[str]) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """The requests by name: which server they go to, and what makes their bytes. A floor comes after its request."""
    turn = itertools.cycle(ids)

    def report_outcome() -> bytes:
        body = json.dumps(next(REPORTS)).encode()
        return request("POST", f"/api/resume/{next(turn)}/report-outcome", token, body)

    return {
        "health": (api, lambda: request("GET", "/health")),
        REPORT: (api, report_outcome),
        f"{REPORT}_floor": (floor, lambda: request("POST", f"/{REPORT}/{next(turn)}", body=b"{}")),
        GET: (api, lambda: request("GET", f"/api/resume/{next(turn)}", token)),
        f"{GET}_floor": (floor, lambda: request("GET", f"/{GET}/{next(turn)}", body=b"{}")),
        "cached_download": (api, lambda: request("GET", f"/api/resume/{ids[0]}/download", token)),
    }


def report(loads: dict[tuple[str, int], Load]) -> None:
    """Print the table and the result."""
    print(f"{'request':<22}{'connections':>12}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}")
    for (name, connections), load in sorted(loads.items()):
        figures = f"{load.per_second:>12.0f}{load.p50:>9.1f}{load.p99:>9.1f}{load.errors:>8}"
        print(f"{name:<22}{connections:>12}{figures}")
    own = [load for (name, _), load in loads.items() if not name.endswith("_floor")]

    def over_floor(name: str) -> float:
        return round(loads[name, 16].per_second / loads[f"{name}_floor", 16].per_second, 3)

    result = {
        "report_outcome_over_floor": over_floor(REPORT),
        "get_resume_over_floor": over_floor(GET),
        "p99_over_p50": round(max(load.p99 / load.p50 for load in own), 2),
        "errors": sum(load.errors for load in own),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    # Under its real name, so that the bare app can read back what this process has recorded.
    from benchmarks.api import main as run

    run()
