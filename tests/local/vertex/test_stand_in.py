"""The stand-in refuses what Google would refuse, keeps its jobs, and says that no model is behind it."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import types
from google.genai.errors import ClientError
from google.oauth2.credentials import Credentials

from api.generation.rules.job_analysis import analyze_job
from api.generation.rules.prompt import build_prompt
from api.profile.rules.json_resume import parse_profile
from local.vertex import VertexStandIn
from local.vertex.enum_numbers import read_enum_numbers
from local.vertex.wire import NO_MODEL

PARENT = "v1/projects/p/locations/us-central1"
MODEL = f"{PARENT}/publishers/google/models/gemini-2.5-flash"
PROMPT = build_prompt(
    parse_profile({"basics": {"name": "Ada"}, "work": [{"name": "Initech", "highlights": ["Led 20 people"]}]}).profile,
    analyze_job("Engineer. Must have Python."),
    "neutral",
    None,
).contents
ROW = (
    json.dumps(
        {
            "contents": [
                {"role": "user", "parts": [{"text": "question"}]},
                {"role": "model", "parts": [{"text": "answer"}]},
            ]
        }
    )
    + "\n"
).encode()


@pytest.fixture
def vertex(tmp_path: Path) -> Iterator[VertexStandIn]:
    with VertexStandIn(tmp_path, read=lambda uri: ROW * 3) as running:
        yield running


def client_of(vertex: VertexStandIn) -> genai.Client:
    return genai.Client(
        vertexai=True,
        project="p",
        location="us-central1",
        credentials=Credentials(token="x"),
        http_options=types.HttpOptions(base_url=vertex.base_url, api_version="v1", timeout=10_000),
    )


def turn(text: str = PROMPT, role: str = "user") -> dict[str, Any]:
    return {"role": role, "parts": [{"text": text}]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"contents": [turn()], "generation_Config": {}}, 'Unknown name "generation_Config"'),
        ({"contents": [turn()], "generationConfig": {"temprature": 1}}, 'Unknown name "temprature"'),
        ({"contents": [{"role": "user", "parts": [{"txt": "x"}]}]}, 'Unknown name "txt"'),
        ({"contents": [turn()], "generationConfig": {"mediaResolution": "HUGE"}}, "Invalid value"),
        ({"contents": [turn()], "generationConfig": {"temperature": 3}}, "temperature"),
        ({"contents": [turn()], "generationConfig": {"maxOutputTokens": 0}}, "maxOutputTokens"),
        ({"contents": [turn(role="system")]}, "valid role"),
        ({"contents": [turn(), turn()]}, "alternate"),
        ({"contents": [turn(), turn(role="model")]}, "end with a user"),
        ({"contents": [turn("")]}, "text parameter"),
        ({"contents": []}, "at least one contents"),
        ([], "an object is expected"),
        ({"contents": [turn("free text")]}, "own prompt"),
    ],
)
def test_a_request_the_service_would_refuse_is_refused(vertex: VertexStandIn, body: Any, words: str) -> None:
    answer = httpx.post(f"{vertex.base_url}/{MODEL}:generateContent", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert words in answer.json()["error"]["message"]


def test_names_in_snake_case_are_read_as_google_reads_them(vertex: VertexStandIn) -> None:
    body = {"contents": [turn()], "generation_config": {"max_output_tokens": 500}}
    assert httpx.post(f"{vertex.base_url}/{MODEL}:generateContent", json=body).status_code == 200


TUNE = {"trainingDatasetUri": "gs://b/train.jsonl"}


@pytest.mark.parametrize("size", [2, "ADAPTER_SIZE_FOUR"])
def test_an_enum_is_taken_by_name_and_by_number(vertex: VertexStandIn, size: int | str) -> None:
    spec = TUNE | {"hyperParameters": {"adapterSize": size}}
    answer = httpx.post(
        f"{vertex.base_url}/{PARENT}/tuningJobs", json={"baseModel": "gemini-2.5-flash", "supervisedTuningSpec": spec}
    )
    assert answer.json()["supervisedTuningSpec"]["hyperParameters"] == {"adapterSize": "ADAPTER_SIZE_FOUR"}
    safety = [{"category": 2, "threshold": 5}, {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]
    body = {"contents": [turn()], "safetySettings": safety, "generationConfig": {"responseModalities": [1, "TEXT"]}}
    assert httpx.post(f"{vertex.base_url}/{MODEL}:generateContent", json=body).status_code == 200


@pytest.mark.parametrize("value", [99, -1, 2.5, True, "2", "FOUR", [2], {"x": 1}])
def test_an_enum_that_is_neither_is_refused(vertex: VertexStandIn, value: Any) -> None:
    body = {"baseModel": "gemini-2.5-flash", "supervisedTuningSpec": TUNE | {"hyperParameters": {"adapterSize": value}}}
    answer = httpx.post(f"{vertex.base_url}/{PARENT}/tuningJobs", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.prove  # importing Google's protos takes ten seconds
def test_the_numbers_are_googles() -> None:
    import google.cloud.aiplatform_v1.types as protos

    for name, numbers in read_enum_numbers().items():
        found: Any = protos
        for part in numbers.message.split("."):
            found = getattr(found, part)
        assert {member.value: member.name for member in found} == numbers.names, name
        assert set(numbers.names.values()) <= set(getattr(types, name).__members__), name


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", f"{MODEL}:generateContent", "contens"),
        ("POST", f"{MODEL}:countTokens", "contens"),
        ("POST", f"{PARENT}/tuningJobs", "baseModle"),
        ("POST", f"{PARENT}/endpoints/1:undeployModel", "deployedModleId"),
    ],
)
def test_a_misspelt_field_is_named_by_every_method_that_takes_a_body(
    vertex: VertexStandIn, method: str, path: str, field: str
) -> None:
    answer = httpx.request(method, f"{vertex.base_url}/{path}", json={field: 1})
    assert answer.status_code == 400
    assert f'Unknown name "{field}"' in answer.json()["error"]["message"]


def test_the_page_for_people_shows_jobs_switches_and_that_nothing_is_real(vertex: VertexStandIn) -> None:
    job = tune(client_of(vertex))
    vertex.faults.add("tune_get", "unavailable", times=2)
    vertex.jobs.publish_model(PARENT.removeprefix("v1/"), 7)
    page = httpx.get(vertex.base_url, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert NO_MODEL.capitalize() in page.text.partition("<h2>")[0]
    for words in (str(job.name), "QUEUED", "models/7", "unavailable, 2 times", "never_ends"):
        assert words in page.text


def test_tokens_are_counted(vertex: VertexStandIn) -> None:
    client = client_of(vertex)  # held: the SDK closes a client that nobody holds
    counted = client.models.count_tokens(model="gemini-2.5-flash", contents="12345678")
    assert counted.total_tokens == 2


def test_an_answer_longer_than_asked_for_is_cut(vertex: VertexStandIn) -> None:
    body = {"contents": [turn()], "generationConfig": {"maxOutputTokens": 3}}
    [candidate] = httpx.post(f"{vertex.base_url}/{MODEL}:generateContent", json=body).json()["candidates"]
    assert candidate["finishReason"] == "MAX_TOKENS"


def tune(client: genai.Client, **config: Any) -> types.TuningJob:
    return client.tunings.tune(
        base_model=config.pop("base_model", "gemini-2.5-flash"),
        training_dataset=types.TuningDataset(gcs_uri=config.pop("uri", "gs://b/train.jsonl")),
        config=types.CreateTuningJobConfig(**config),
    )


def test_a_job_moves_with_each_look_and_its_endpoint_answers(vertex: VertexStandIn) -> None:
    client = client_of(vertex)
    job = tune(client, epoch_count=2, labels={"run": "abc"})
    states = [job.state.value if job.state else ""]
    for _ in range(3):
        job = client.tunings.get(name=str(job.name))
        states.append(job.state.value if job.state else "")
    assert states == ["JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"]
    assert job.tuning_data_stats
    assert job.tuning_data_stats.supervised_tuning_data_stats
    assert job.tuning_data_stats.supervised_tuning_data_stats.tuning_dataset_example_count == 3
    assert job.tuned_model
    assert job.tuned_model.endpoint
    answer = client.models.generate_content(model=job.tuned_model.endpoint, contents=PROMPT)
    assert "Led 20 people" in str(answer.text)


def test_a_restart_finds_the_jobs_again(tmp_path: Path) -> None:
    with VertexStandIn(tmp_path) as first:
        name = tune(client_of(first), labels={"run": "abc"}).name
    with VertexStandIn(tmp_path) as second:
        client = client_of(second)
        assert [job.name for job in client.tunings.list(config={"filter": 'labels.run="abc"'})] == [name]
        assert list(client.tunings.list(config={"filter": 'labels.run="other"'})) == []


def test_pages_hold_every_job_once(vertex: VertexStandIn) -> None:
    client = client_of(vertex)
    names = [tune(client).name for _ in range(5)]
    listed = [job.name for job in client.tunings.list(config=types.ListTuningJobsConfig(page_size=2))]
    assert listed == names[::-1]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"base_model": "gemini-1.0"}, "not supported"),
        ({"uri": "https://example.com/x"}, "gs://"),
        ({"labels": {"run": "A" * 10}}, "lower-case"),
        ({"labels": {"run": "a" * 64}}, "63"),
        ({"labels": {"1run": "a"}}, "start with a letter"),
    ],
)
def test_a_job_the_service_would_refuse_is_refused(vertex: VertexStandIn, config: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        tune(client_of(vertex), **config)


def test_an_output_only_or_misspelt_field_is_refused(vertex: VertexStandIn) -> None:
    spec = {"supervisedTuningSpec": {"trainingDatasetUri": "gs://b/o"}, "baseModel": "gemini-2.5-flash"}
    for wrong in ({"state": "JOB_STATE_SUCCEEDED"}, {"labls": {}}, {"preferenceOptimizationSpec": {}}):
        assert httpx.post(f"{vertex.base_url}/{PARENT}/tuningJobs", json=spec | wrong).status_code == 400


def test_a_cancelled_job_ends_and_cannot_be_cancelled_again(vertex: VertexStandIn) -> None:
    client = client_of(vertex)
    name = str(tune(client).name)
    client.tunings.cancel(name=name)
    job = client.tunings.get(name=name)
    assert job.state is types.JobState.JOB_STATE_CANCELLED
    with pytest.raises(ClientError, match="already ended"):
        client.tunings.cancel(name=name)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no example"),
        (b'{"contents": []}\n', "alternate"),
        (ROW.replace(b"contents", b"content"), "unknown field"),
        (ROW.replace(b'"model"', b'"user"'), "alternate"),
    ],
)
def test_a_dataset_that_is_none_fails_the_job(tmp_path: Path, content: bytes, words: str) -> None:
    with VertexStandIn(tmp_path, read=lambda uri: content) as vertex:
        client = client_of(vertex)
        job = tune(client)
        for _ in range(3):
            job = client.tunings.get(name=str(job.name))
        assert job.state is types.JobState.JOB_STATE_FAILED
        assert job.error
        assert words in str(job.error.message)


def test_a_model_is_deleted_only_after_it_is_off_its_endpoint(vertex: VertexStandIn) -> None:
    client = client_of(vertex)
    job = tune(client)
    for _ in range(3):
        job = client.tunings.get(name=str(job.name))
    assert job.tuned_model
    model, endpoint = str(job.tuned_model.model), str(job.tuned_model.endpoint)
    url = f"{vertex.base_url}/v1"
    refused = httpx.delete(f"{url}/{model.partition('@')[0]}")
    assert refused.json()["error"]["status"] == "FAILED_PRECONDITION"
    deployed = httpx.get(f"{url}/{endpoint}").json()["deployedModels"][0]["id"]
    assert httpx.post(f"{url}/{endpoint}:undeployModel", json={"deployedModelId": deployed}).json()["done"]
    assert httpx.delete(f"{url}/{model.partition('@')[0]}").json()["done"]
    assert httpx.delete(f"{url}/{endpoint}").json()["done"]
    assert httpx.get(f"{url}/{PARENT.removeprefix('v1/')}/models").json() == {"models": []}


def test_faults_come_by_header_and_by_file(vertex: VertexStandIn, tmp_path: Path) -> None:
    url, body = f"{vertex.base_url}/{MODEL}:generateContent", {"contents": [turn()]}
    limited = httpx.post(url, json=body, headers={"X-Vertex-Fault": "rate_limited; retry_delay_seconds=7"})
    assert limited.status_code == 429
    assert limited.headers["Retry-After"] == "7"
    assert limited.json()["error"]["details"][0]["retryDelay"] == "7s"
    assert httpx.post(url, json=body, headers={"X-Vertex-Fault": "late; delay=1"}).status_code == 400
    rules = [{"operation": "generate", "kind": "unavailable", "times": 1}]
    (tmp_path / "faults.json").write_text(json.dumps(rules))
    assert [httpx.post(url, json=body).status_code for _ in range(2)] == [503, 200]


def test_every_log_line_and_the_front_page_say_that_no_model_is_behind_it(
    vertex: VertexStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="local.vertex")
    httpx.post(f"{vertex.base_url}/{MODEL}:generateContent", json={"contents": [turn()]})
    assert all(NO_MODEL in record.getMessage() for record in caplog.records)
    assert caplog.records
    assert httpx.get(vertex.base_url).json()["model"] == NO_MODEL
    assert httpx.get(f"{vertex.base_url}/nothing/here").json()["error"]["status"] == "NOT_FOUND"


def test_a_taken_port_is_one_clear_line(vertex: VertexStandIn, tmp_path: Path) -> None:
    port = vertex.base_url.rpartition(":")[2]
    command = [sys.executable, "-m", "local.vertex", "--port", port, "--data-dir", str(tmp_path / "other")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("the Vertex stand-in cannot start")
