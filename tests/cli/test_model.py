"""`cvstomize model`: who may write resumes, changed by an engineer and read by the API with the next request."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner

from cli.model import app
from local.vertex import VertexStandIn
from tests.support.databases import Database
from tests.support.running_service import Person, Service, running_service
from tests.support.samples import AD

EVALUATED = {"verdict": "promotable", "reasons": [], "synthetic": True, "winRate": 0.61, "winRateLower": 0.54}
PLACE = "projects/test-project/locations/europe-west4"


@pytest.fixture(scope="module")
def vertex(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VertexStandIn]:
    with VertexStandIn(tmp_path_factory.mktemp("vertex")) as running:
        yield running


@pytest.fixture
def house(database: Database, monkeypatch: pytest.MonkeyPatch, vertex: VertexStandIn) -> psycopg.Connection:
    """No model, and the settings of an engineer's machine."""
    for name, value in (database.urls | {"ENVIRONMENT": "local"}).items():
        monkeypatch.setenv(name, value)
    vertex.faults.clear()
    connection = database.connect("PIPELINE_DATABASE_URL")
    connection.autocommit = True
    for table in ("models", "tuning_runs", "datasets"):
        connection.execute(f"delete from cvstomize.{table}".encode())
    return connection


@pytest.fixture(scope="module")
def api(database: Database, vertex: VertexStandIn) -> Iterator[Service]:
    with running_service(
        database, environment="local", vertex_model="gemini-2.5-flash", vertex_base_url=vertex.base_url,
        gcp_project_id="test-project",
    ) as server:  # fmt: skip
        yield server


def add_model(connection: psycopg.Connection, number: int, vertex: VertexStandIn | None = None, **changes: Any) -> str:
    """A candidate with its dataset and run; with a stand-in, also its endpoint there. Returns the endpoint."""
    run, dataset, endpoint = uuid.uuid4(), uuid.uuid4(), f"{PLACE}/endpoints/{number}"
    values = {"status": "candidate", "synthetic": True, "evaluation": EVALUATED, "dataset": "uploaded"} | changes
    connection.execute(
        "insert into cvstomize.datasets (id, manifest_sha256, kind, status, as_of, source_cut, consent_version,"
        " manifest) values (%s, %s, 'supervised', %s, now(), '1', '1', '{}')",
        [dataset, f"manifest-{run}", values["dataset"]],
    )
    connection.execute(
        "insert into cvstomize.tuning_runs (id, run_hash, dataset_id, base_model, method, parameters, location, state,"
        " finished_at) values (%s, %s, %s, 'gemini-2.5-flash', 'supervised', '{}', 'europe-west4', 'x', now())",
        [run, f"run-{run}", dataset],
    )
    connection.execute(
        "insert into cvstomize.models (id, name, endpoint, tuning_run_id, status, synthetic, evaluation)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [
            uuid.uuid4(),
            f"{PLACE}/models/{number}@1",
            values.get("endpoint", endpoint),
            run,
            values["status"],
            values["synthetic"],
            Jsonb(values["evaluation"]),
        ],
    )
    if vertex is not None:
        vertex.jobs.publish_model(PLACE, number)
    return endpoint


def model(*arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and everything said."""
    result = CliRunner().invoke(app, list(arguments), env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def statuses(connection: psycopg.Connection) -> dict[str, tuple[str, Decimal]]:
    rows = connection.execute("select name, status, share from cvstomize.models order by name").fetchall()
    return {name.rpartition("/")[2]: (status, share) for name, status, share in rows}


def test_from_an_arm_to_everybody_and_back(
    house: psycopg.Connection, api: Service, vertex: VertexStandIn, database: Database
) -> None:
    first, second = add_model(house, 11, vertex), add_model(house, 12, vertex)
    person = api.person().with_profile()
    assert person.resume()["model"] == "gemini-2.5-flash"

    code, words = model("promote", "11", "--share", "1")
    assert (code, "writes for everybody" in words) == (0, True)
    resume = person.resume(jobDescription=AD + "\nTwo.")
    assert (resume["provider"], resume["model"], resume["degraded"]) == ("vertex", first, False)
    run = "select cost_amount from cvstomize.generation_runs where resume_id = %s"
    assert house_rows(database, run, resume["id"])[0][0] > 0  # at the price of its base model

    assert model("promote", "models/12", "--share", "50%")[0] == 0
    assert statuses(house) == {"11@1": ("promoted", Decimal("1")), "12@1": ("arm", Decimal("0.5"))}
    written = {}
    for number in range(12):
        resume = person.resume(jobDescription=f"{AD}\nAd number {number}.")
        written[resume["id"]] = resume["model"]
    assert set(written.values()) == {first, second}
    draws = house_rows(
        database,
        "select resume.id::text, draw.model_drawn, draw.model_probabilities from cvstomize.resumes as resume"
        " join cvstomize.framing_draws as draw on draw.id = resume.framing_draw_id where resume.id::text = any(%s)",
        list(written),
    )
    assert {row[0]: row[1] for row in draws} == written
    assert {tuple(sorted(row[2].items())) for row in draws} == {((first, 0.5), (second, 0.5))}
    person.consent("outcome_research")
    [exported] = house_rows(
        database,
        "select array_agg(distinct model_probability), count(*) from export.framing_draws where model_drawn = any(%s)",
        [first, second],
    )
    assert exported == ([Decimal("0.5")], 12)

    code, words = model("promote", second, "--share", "1")
    assert (code, f"rollback brings {PLACE}/models/11@1 back" in words) == (0, True)
    assert person.resume(jobDescription=AD + "\nThree.")["model"] == second
    assert model("rollback")[0] == 0
    assert statuses(house) == {"11@1": ("promoted", Decimal("1")), "12@1": ("rolled_back", Decimal("0"))}
    assert person.resume(jobDescription=AD + "\nFour.")["model"] == first
    # A draw stays as it was logged; a model that is out of service does not write all the same.
    on_second = next(number for number, writer in enumerate(written.values()) if writer == second)
    assert person.resume(jobDescription=f"{AD}\nAd number {on_second}.")["model"] == first

    assert "no tuned model, VERTEX_MODEL writes" in model("rollback")[1]
    assert person.resume(jobDescription=AD + "\nFive.")["model"] == "gemini-2.5-flash"
    assert model("rollback") == (1, "no tuned model is in service: there is nothing to roll back\n")


def house_rows(database: Database, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(statement.encode(), values).fetchall()


@pytest.mark.parametrize(
    ("faults", "writer", "error_code"),
    [
        (1, "gemini-2.5-flash", "misconfigured"),
        (4, None, "misconfigured"),
    ],
)
def test_a_promoted_endpoint_that_fails_gives_way_and_the_resume_says_who_wrote(
    house: psycopg.Connection,
    api: Service,
    vertex: VertexStandIn,
    database: Database,
    faults: int,
    writer: str | None,
    error_code: str,
) -> None:
    add_model(house, 21, None)  # its endpoint was deleted by hand
    assert model("promote", "21", "--share", "1")[0] == 0
    if faults > 1:
        vertex.faults.add("generate", "forbidden", times=faults)
    resume = api.person().with_profile().resume()
    assert (resume["model"], resume["provider"]) == (writer, "vertex" if writer else "composer")
    assert resume["degraded"]
    [run] = house_rows(
        database, "select model, error_code, degraded from cvstomize.generation_runs where resume_id = %s", resume["id"]
    )
    assert run == (writer, error_code, True)


def test_a_tuned_model_that_is_down_is_not_asked_each_time_while_the_base_model_writes(
    house: psycopg.Connection, api: Service, vertex: VertexStandIn
) -> None:
    endpoint = add_model(house, 22, vertex)
    assert model("promote", endpoint, "--share", "1")[0] == 0
    person = api.person().with_profile()
    vertex.seen.clear()
    for number in range(7):
        vertex.faults.clear()
        vertex.faults.add("generate", "internal", times=2)  # both tries of the tuned model
        assert person.resume(jobDescription=f"{AD}\nOutage {number}.")["model"] in ("gemini-2.5-flash", None)
    asked = [path for operation, path in vertex.seen if operation == "generate" and "/endpoints/22:" in path]
    assert len(asked) == 10  # five faults open its circuit; the base model has one of its own


@pytest.mark.parametrize(
    ("changes", "environment", "words"),
    [
        ({"evaluation": {}}, "local", "not evaluated yet"),
        ({"evaluation": EVALUATED | {"verdict": "refused", "reasons": ["too few"]}}, "local", "too few"),
        ({}, "production", "only with ENVIRONMENT=local"),
        ({"synthetic": False}, "production", "only with ENVIRONMENT=local"),
        ({"status": "retire_required"}, "local", "learnt from somebody who left"),
        ({"status": "retired"}, "local", "learnt from somebody who left"),
        ({"dataset": "revoked"}, "local", "is revoked"),
        ({"endpoint": None}, "local", "no endpoint"),
    ],
)
def test_a_model_that_may_not_write_is_refused_with_the_reason(
    house: psycopg.Connection, changes: dict[str, Any], environment: str, words: str
) -> None:
    add_model(house, 31, **changes)
    before = statuses(house)
    code, output = model("promote", "31", ENVIRONMENT=environment)
    assert (code, words in output) == (1, True), output
    assert statuses(house) == before


def test_a_synthetic_row_does_not_write_outside_local_whatever_its_status(
    house: psycopg.Connection, database: Database, vertex: VertexStandIn
) -> None:
    add_model(house, 41, vertex, status="promoted")
    with running_service(
        database, vertex_model="gemini-2.5-flash", vertex_base_url=vertex.base_url, gcp_project_id="test-project"
    ) as server:
        resume = Person.resume(server.person().with_profile())
    assert resume["model"] == "gemini-2.5-flash"


def test_mistakes_are_one_clear_line(house: psycopg.Connection, database: Database) -> None:
    add_model(house, 51)
    add_model(house, 52)
    add_model(house, 53, evaluation=EVALUATED | {"opponent": f"{PLACE}/endpoints/99"})
    assert model("promote", "51", "--share", "2")[0] == 2
    assert model("promote", "51", "--share", "some")[0] == 2
    assert "0.001 to 1" in model("promote", "51", "--share", "0")[1]
    assert "there is no model 'nothing'" in model("promote", "nothing")[1]
    assert model("promote", "51", "--share", "0.6")[0] == 0
    assert "give this one 0.35" in model("promote", "52", "--share", "0.4")[1]
    assert "not in service" in model("rollback", "52")[1]
    assert model("promote", "52", "--share", "1")[0] == 0
    assert "evaluate it again" in model("promote", "53", "--share", "0.1")[1]
    assert "use cvstomize_pipeline" in model("promote", "51", PIPELINE_DATABASE_URL=database.app_url)[1]
    assert model("list", PIPELINE_DATABASE_URL="")[0] == 78
    assert "cannot be reached" in model("list", PIPELINE_DATABASE_URL="postgresql://a:b@127.0.0.1:1/x")[1]
    code, listed = model("list")
    assert code == 0
    for words in ("3 tuned models", "no real model", "promotable, wins 61.0% (at least 54.0%)", "promoted", "60.0%"):
        assert words in listed, listed
