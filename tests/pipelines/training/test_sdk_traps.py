"""Google's clients have traps. Each is shown here as it is today, beside what our own code does about it.

A trap that is gone makes its test fail: then what we do about it may go too.
"""

import gc
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.genai import types
from google.genai.errors import ServerError
from google.oauth2.credentials import Credentials

from local.vertex import VertexStandIn
from pipelines.lib.training.jsonl import canonical_line
from pipelines.lib.training.model_removal import RemovalRefusedError, call, remove_model
from pipelines.lib.training.pairs import preference_row
from pipelines.lib.training.tuning_plan import plan_run
from pipelines.lib.training.vertex_settings import VertexSettings
from pipelines.lib.training.vertex_states import ENDED
from pipelines.lib.training.vertex_tuning import LaunchLaterError, create, find_jobs, launch, tuning_client

PROJECT = Path(__file__).parents[3]
OURS = ("api", "cli", "deploy", "local", "migrations", "pipelines", "renderer")
PARENT = "projects/p/locations/us-central1/models/7@1"
ROWS = b"".join(canonical_line(preference_row("System", f"Q {n}", f"Good {n}", f"Bad {n}")) for n in range(3))
TRAINING = "gs://bucket/train.jsonl"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VertexStandIn]:
    with VertexStandIn(tmp_path_factory.mktemp("vertex"), read=lambda uri: ROWS) as running:
        yield running


def settings(vertex: VertexStandIn, **changes: Any) -> VertexSettings:
    values = {"gcp_project_id": "p", "vertex_base_url": vertex.base_url, "vertex_tuning_location": "us-central1"}
    return VertexSettings.model_validate(values | changes)


def bare_client(vertex: VertexStandIn, *, credentials: Any = None, **options: Any) -> genai.Client:
    """A client as the SDK makes it, without what ours sets."""
    return genai.Client(
        vertexai=True,
        project="p",
        location="us-central1",
        credentials=credentials or Credentials(token="x"),
        http_options=types.HttpOptions(base_url=vertex.base_url, api_version="v1", **options),
    )


def plan(**changes: Any) -> Any:
    values = {"base_model": "gemini-2.5-flash", "location": "us-central1", "method": "supervised"} | changes
    return plan_run("f" * 64, **values)


pytestmark = pytest.mark.filterwarnings("ignore::Warning")


def test_anonymous_credentials_fail_and_a_token_works(vertex: VertexStandIn) -> None:
    client = bare_client(vertex, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    with pytest.raises(Exception, match=r"(?i)credential|token|refresh"):
        list(client.tunings.list())
    assert vertex.count("tune_list") == 0
    with tuning_client(settings(vertex)) as ours:
        assert find_jobs(ours, "nothing") == []


def test_a_client_that_nobody_holds_is_closed_and_ours_is_held(vertex: VertexStandIn) -> None:
    tunings = bare_client(vertex).tunings
    gc.collect()
    with pytest.raises(RuntimeError, match="closed"):
        tunings.get(name="projects/p/locations/us-central1/tuningJobs/1")
    with tuning_client(settings(vertex)) as ours:
        gc.collect()
        assert find_jobs(ours, "nothing") == []


def test_the_sdk_takes_two_ends_for_no_end() -> None:
    missed = {state for state in ENDED if not types.TuningJob(state=types.JobState(state)).has_ended}
    assert missed == {"JOB_STATE_PARTIALLY_SUCCEEDED", "JOB_STATE_PAUSED"}
    known = {state.value for state in types.JobState}
    assert known - ENDED == {
        "JOB_STATE_UNSPECIFIED",
        "JOB_STATE_QUEUED",
        "JOB_STATE_PENDING",
        "JOB_STATE_RUNNING",
        "JOB_STATE_CANCELLING",
        "JOB_STATE_UPDATING",
    }  # a new state has to be sorted in here


def test_a_dict_loses_the_checkpoint_and_our_config_keeps_it(vertex: VertexStandIn) -> None:
    given: Any = {"method": "PREFERENCE_TUNING", "pre_tuned_model_checkpoint_id": "3"}
    dataset = types.TuningDataset(gcs_uri=TRAINING)
    vertex.jobs.publish_model("projects/p/locations/us-central1", 7)
    bare = bare_client(vertex)
    lost = bare.tunings.tune(base_model=PARENT, training_dataset=dataset, config=given)
    assert lost.pre_tuned_model
    assert lost.pre_tuned_model.checkpoint_id is None
    with tuning_client(settings(vertex)) as ours:
        kept = create(ours, plan(method="preference", parent_checkpoint=f"{PARENT}#3"), TRAINING, None)
    assert kept.pre_tuned_model
    assert kept.pre_tuned_model.checkpoint_id == "3"


def test_a_create_has_no_request_id_and_ours_is_found_by_its_label(vertex: VertexStandIn) -> None:
    dataset = types.TuningDataset(gcs_uri=TRAINING)
    client = bare_client(vertex)
    twice = [client.tunings.tune(base_model="gemini-2.5-flash", training_dataset=dataset).name for _ in range(2)]
    assert len(set(twice)) == 2  # the same wish made two jobs
    wish = plan(parameters={"epoch_count": 7})
    with tuning_client(settings(vertex)) as ours:
        names = {launch(ours, wish, TRAINING, None).name for _ in range(2)}
        assert len(names) == 1
        assert vertex.count("tune_create") == 3


def test_the_time_out_is_in_milliseconds(vertex: VertexStandIn) -> None:
    vertex.faults.add("tune_list", "late", delay_seconds=1)
    started = time.monotonic()
    hasty = bare_client(vertex, timeout=300)
    with pytest.raises(Exception, match=r"(?i)time"):
        list(hasty.tunings.list())
    assert time.monotonic() - started < 1
    vertex.faults.add("tune_list", "late", delay_seconds=0.3)
    with tuning_client(settings(vertex)) as ours:  # read as seconds, or as 60 ms, this would fail or hang
        assert find_jobs(ours, "nothing") == []
        assert ours._api_client._http_options.timeout == 60_000


@pytest.mark.parametrize(("kind", "seconds"), [("limited_by_header", 7), ("limited_by_document", 7.5)])
def test_nothing_is_tried_again_inside_and_the_wish_of_the_server_is_heard(
    vertex: VertexStandIn, kind: Any, seconds: float
) -> None:
    vertex.faults.add("tune_create", kind, retry_delay_seconds=7.5 if "document" in kind else 7)
    with tuning_client(settings(vertex)) as ours, pytest.raises(LaunchLaterError) as later:
        launch(ours, plan(parameters={"epoch_count": 8}), TRAINING, None)
    assert (later.value.seconds, later.value.nothing_sent) == (seconds, True)
    assert vertex.count("tune_create") == 1
    vertex.faults.add("tune_get", "internal", times=5)
    with tuning_client(settings(vertex)) as ours, pytest.raises(ServerError):
        ours.tunings.get(name="projects/p/locations/us-central1/tuningJobs/1")
    assert vertex.count("tune_get") == 1


def test_each_location_has_its_own_client(vertex: VertexStandIn) -> None:
    both = settings(vertex, vertex_tuning_location="europe-west4", vertex_location="us-central1")
    with tuning_client(both) as where_tuned, tuning_client(both, "us-central1") as elsewhere:
        find_jobs(where_tuned, "nothing")
        find_jobs(elsewhere, "nothing")
    assert [path.split("/locations/")[1].split("/")[0] for _, path in vertex.seen] == ["europe-west4", "us-central1"]


@pytest.mark.prove  # importing the registry's client takes ten seconds
def test_the_registry_client_would_ask_for_minutes_and_ours_asks_once(vertex: VertexStandIn) -> None:
    vertex.faults.add("models", "unavailable", times=5)
    with pytest.raises(RemovalRefusedError, match="503"):
        remove_model(PARENT, None, base_url=vertex.base_url, keep_other_versions=False)
    assert vertex.count("models") == 1


@pytest.mark.prove
def test_a_dead_address_ends_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(RemovalRefusedError):
            remove_model(PARENT, None, base_url=dead, keep_other_versions=False)
        values = {"gcp_project_id": "p", "vertex_base_url": dead}
        with tuning_client(VertexSettings.model_validate(values)) as ours, pytest.raises(LaunchLaterError):
            launch(ours, plan(), TRAINING, None)
        assert time.monotonic() - started < 20


def test_every_call_of_the_registry_is_bounded() -> None:
    seen: dict[str, Any] = {}

    def method(**fields: Any) -> str:
        seen.update(fields)
        return "answer"

    assert call("look", method, name="x") == "answer"
    assert (seen["timeout"], seen["retry"]) == (30.0, None)
    with pytest.raises(RemovalRefusedError, match="could not look"):
        call("look", lambda **fields: (_ for _ in ()).throw(GoogleAPICallError("busy")), name="x")


def test_modules_past_their_removal_date_are_named_nowhere() -> None:
    gone = re.compile(r"vertexai\.(generative_models|tuning|preview)|(from|import) vertexai")
    found = [
        f"{path.relative_to(PROJECT)}:{number}"
        for room in OURS
        for path in (PROJECT / room).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if gone.search(line)
    ]
    assert found == []


def test_the_slow_import_happens_inside_functions_only() -> None:
    at_the_top = re.compile(r"^(from|import) google\.(cloud\.aiplatform|genai)", re.MULTILINE)
    found = [
        str(path.relative_to(PROJECT))
        for room in OURS
        if room != "local"  # the stand-in is made of Google's types
        for path in (PROJECT / room).rglob("*.py")
        if at_the_top.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_pipelines_alone_may_load_the_registry_client() -> None:
    using = {
        path.relative_to(PROJECT).parts[0]
        for room in OURS
        for path in (PROJECT / room).rglob("*.py")
        if "google.cloud.aiplatform_v1." in path.read_text(encoding="utf-8")
    }
    assert using <= {"pipelines"}
