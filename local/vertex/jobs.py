"""Tuning jobs, their models and endpoints: created, moved on by polling, kept across restarts.

A job moves one state with each `get`, so a test decides how long it takes. Everything is one JSON file in the data
folder, written whole and renamed, so a killed stand-in comes back with the same jobs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from google.genai import types

from local.vertex.catalogue import read_catalogue
from local.vertex.dataset import DatasetError, DatasetStatistics, read_object, read_statistics
from local.vertex.errors import GoogleError
from local.vertex.faults import Kind

RUNNING = ("JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING")
LAST_STATE: dict[str, str] = {
    "fails": "JOB_STATE_FAILED",
    "partially_succeeds": "JOB_STATE_PARTIALLY_SUCCEEDED",
    "pauses": "JOB_STATE_PAUSED",
    "expires": "JOB_STATE_EXPIRED",
    "drops_examples": "JOB_STATE_SUCCEEDED",
}
FIRST_ID = 4_000_000_000_000_000_001

Resource = dict[str, Any]


def timestamp() -> str:
    """The time now as Google writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class JobStore:
    """All resources of the stand-in. Raises GoogleError as the real service would."""

    def __init__(self, file: Path, read: Callable[[str], bytes] = read_object) -> None:
        self._file = file
        self._read = read
        self._lock = threading.Lock()
        self._state: dict[str, Any] = {"next_id": FIRST_ID, "jobs": {}, "models": {}, "endpoints": {}}
        if file.exists():
            self._state = json.loads(file.read_text(encoding="utf-8"))

    def create(self, parent: str, request: types.TuningJob, *, outcome: Kind | None) -> Resource:
        """Queue a job under `parent` (`projects/…/locations/…`). `outcome` decides how it will end."""
        method, base_model = self._check(parent, request)
        resource: Resource = request.model_dump(mode="json", by_alias=True, exclude_none=True)
        with self._lock:
            name = f"{parent}/tuningJobs/{self._new_id()}"
            resource |= {"name": name, "state": RUNNING[0], "createTime": timestamp(), "updateTime": timestamp()}
            self._state["jobs"][name] = {
                "resource": resource,
                "outcome": outcome,
                "method": method,
                "base_model": base_model,
            }
            self._save()
            return dict(resource)

    def get(self, name: str) -> Resource:
        """The job after one more step."""
        with self._lock:
            job = self._job(name)
            state = job["resource"]["state"]
            if state == "JOB_STATE_CANCELLING":
                self._finish(job, "JOB_STATE_CANCELLED")
            elif state in RUNNING[:-1]:
                job["resource"] |= {"state": RUNNING[RUNNING.index(state) + 1], "updateTime": timestamp()}
                job["resource"].setdefault("startTime", timestamp())
            elif state == RUNNING[-1] and job["outcome"] != "never_ends":
                self._end(job)
            self._save()
            return dict(job["resource"])

    def list(self, parent: str, filter_text: str, page_size: int, page_token: str) -> Resource:
        """One page of jobs, newest first, filtered by `labels.key=value` when a filter is given."""
        wanted = parse_label_filter(filter_text)
        with self._lock:
            jobs = [
                dict(job["resource"])
                for name, job in self._state["jobs"].items()
                if name.startswith(f"{parent}/")
                and all(job["resource"].get("labels", {}).get(key) == value for key, value in wanted.items())
            ]
        return page(list(reversed(jobs)), "tuningJobs", page_size, page_token)

    def cancel(self, name: str, *, too_late: bool = False) -> None:
        """Ask a running job to stop; a finished one refuses. One asked `too_late` ends well with its next look."""
        with self._lock:
            job = self._job(name)
            if job["resource"]["state"] not in RUNNING:
                raise GoogleError(400, "The job has already ended.", status="FAILED_PRECONDITION")
            if too_late:
                job["outcome"] = None
                state = RUNNING[-1]
            else:
                state = "JOB_STATE_CANCELLING"
            job["resource"] |= {"state": state, "updateTime": timestamp()}
            self._save()

    def resources(self, kind: str, parent: str, page_size: int, page_token: str) -> Resource:
        """One page of `models` or `endpoints`."""
        with self._lock:
            found = [dict(item) for name, item in self._state[kind].items() if name.startswith(f"{parent}/")]
        return page(found, kind, page_size, page_token)

    def resource(self, kind: str, name: str) -> Resource:
        """A model or an endpoint by name, with or without its version."""
        with self._lock:
            whole, _, version = name.partition("@")
            found = self._state[kind].get(whole)
            if found is None or (version and found.get("versionId") not in (version, None)):
                raise GoogleError(404, f"{name} is not found.")
            return dict(found)

    def publish_model(self, parent: str, number: int) -> None:
        """Put a tuned model and its endpoint there without a job, both with the id `number`: for tests of serving."""
        with self._lock:
            model, endpoint = f"{parent}/models/{number}", f"{parent}/endpoints/{number}"
            self._put(model, endpoint, "put there without a job", {"base-model": "gemini-2_5-flash"})
            self._save()

    def undeploy(self, endpoint: str, deployed_model_id: str) -> None:
        """Take a model off its endpoint."""
        with self._lock:
            found = self._state["endpoints"].get(endpoint)
            if found is None:
                raise GoogleError(404, f"{endpoint} is not found.")
            kept = [item for item in found["deployedModels"] if item["id"] != deployed_model_id]
            if len(kept) == len(found["deployedModels"]):
                raise GoogleError(404, f"Deployed model {deployed_model_id} is not on {endpoint}.")
            found["deployedModels"] = kept
            self._save()

    def delete(self, kind: str, name: str) -> None:
        """Delete a model or endpoint; refused while the model is still deployed."""
        with self._lock:
            name = name.partition("@")[0]
            if name not in self._state[kind]:
                raise GoogleError(404, f"{name} is not found.")
            deployed = [
                item["model"] for endpoint in self._state["endpoints"].values() for item in endpoint["deployedModels"]
            ]
            in_use = name in deployed if kind == "models" else bool(self._state[kind][name]["deployedModels"])
            if in_use:
                raise GoogleError(400, f"{name} is still deployed: undeploy it first.", status="FAILED_PRECONDITION")
            del self._state[kind][name]
            self._save()

    def delete_version(self, name: str) -> NoReturn:
        """Refuse to delete one version of a model: here each has one, its default, which goes with the model only."""
        with self._lock:
            found = self._state["models"].get(name.partition("@")[0])
            if found is None or found["versionId"] != name.partition("@")[2]:
                raise GoogleError(404, f"{name} is not found.")
            raise GoogleError(400, f"{name} is the default version: delete the model.", status="FAILED_PRECONDITION")

    def everything(self) -> dict[str, Sequence[Resource]]:
        """Jobs, models and endpoints of all projects, newest first."""
        with self._lock:
            jobs = [dict(job["resource"]) for job in self._state["jobs"].values()]
            others = {kind: [dict(item) for item in self._state[kind].values()] for kind in ("models", "endpoints")}
        return {name: tuple(reversed(items)) for name, items in {"jobs": jobs, **others}.items()}

    def serves(self, endpoint: str) -> bool:
        """Whether the endpoint exists and a model is on it."""
        with self._lock:
            found = self._state["endpoints"].get(endpoint)
            return bool(found and found["deployedModels"])

    def _check(self, parent: str, request: types.TuningJob) -> tuple[str, str]:
        method = "supervised" if request.supervised_tuning_spec else "preference"
        base_model = request.base_model or ""
        if request.pre_tuned_model:
            source = (request.pre_tuned_model.tuned_model_name or "").partition("@")[0]
            if source not in self._state["models"]:
                raise GoogleError(404, f"The tuned model {source} is not found.")
            base_model = str(self._state["models"][source]["labels"]["base-model"]).replace("_", ".")
        tunable = read_catalogue().tune.get(base_model)
        if tunable is None:
            raise GoogleError(400, f"Base model {base_model!r} is not supported.")
        location = parent.rpartition("/")[2]
        if location not in tunable.locations:
            raise GoogleError(400, f"{base_model} cannot be tuned in {location}.")
        if method not in tunable.methods:
            raise GoogleError(400, f"{base_model} does not support {method} tuning.")
        spec = request.supervised_tuning_spec or request.preference_optimization_spec
        if not ((spec and spec.training_dataset_uri) or "").startswith("gs://"):
            raise GoogleError(400, "trainingDatasetUri must be a gs:// address.")
        return method, base_model

    def _end(self, job: dict[str, Any]) -> None:
        spec = job["resource"].get("supervisedTuningSpec") or job["resource"]["preferenceOptimizationSpec"]
        outcome = job["outcome"]
        try:
            statistics = read_statistics(self._read(spec["trainingDatasetUri"]), job["method"], is_validation=False)
            if uri := spec.get("validationDatasetUri"):
                read_statistics(self._read(uri), job["method"], is_validation=True)
        except DatasetError as error:
            job["resource"]["error"] = {"code": 3, "message": str(error)}
            self._finish(job, "JOB_STATE_FAILED")
            return
        if outcome == "drops_examples":
            statistics.dropped = statistics.dropped or [1]
        epochs = int(spec.get("hyperParameters", {}).get("epochCount", 3))
        job["resource"]["tuningDataStats"] = data_statistics(statistics, job["method"], epochs)
        state = LAST_STATE.get(outcome or "", "JOB_STATE_SUCCEEDED")
        if state == "JOB_STATE_FAILED":
            job["resource"]["error"] = {"code": 13, "message": "Internal error while tuning."}
        if state in ("JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED"):
            self._publish(job)
        self._finish(job, state)

    def _finish(self, job: dict[str, Any], state: str) -> None:
        job["resource"] |= {"state": state, "updateTime": timestamp(), "endTime": timestamp()}

    def _publish(self, job: dict[str, Any]) -> None:
        parent = job["resource"]["name"].partition("/tuningJobs/")[0]
        model, endpoint = f"{parent}/models/{self._new_id()}", f"{parent}/endpoints/{self._new_id()}"
        display = job["resource"].get("tunedModelDisplayName", "tuned by the stand-in")
        labels = {**job["resource"].get("labels", {}), "base-model": job["base_model"].replace(".", "_")}
        self._put(model, endpoint, display, labels)
        job["resource"]["tunedModel"] = {
            "model": f"{model}@1",
            "endpoint": endpoint,
            "checkpoints": [{"checkpointId": "1", "epoch": "1", "step": "1", "endpoint": endpoint}],
        }

    def _put(self, model: str, endpoint: str, display: str, labels: dict[str, str]) -> None:
        self._state["models"][model] = {"name": model, "displayName": display, "versionId": "1", "labels": labels}
        deployed = {"id": str(self._new_id()), "model": model, "displayName": display}
        self._state["endpoints"][endpoint] = {"name": endpoint, "displayName": display, "deployedModels": [deployed]}

    def _job(self, name: str) -> dict[str, Any]:
        job: dict[str, Any] | None = self._state["jobs"].get(name)
        if job is None:
            raise GoogleError(404, f"{name} is not found.")
        return job

    def _new_id(self) -> int:
        self._state["next_id"] += 1
        return int(self._state["next_id"])

    def _save(self) -> None:
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(self._state, indent=1), encoding="utf-8")
        partial.replace(self._file)


def data_statistics(statistics: DatasetStatistics, method: str, epochs: int) -> Resource:
    """The `tuningDataStats` of a finished job. Counts are strings, as JSON carries int64."""
    common = {
        "tuningDatasetExampleCount": str(statistics.example_count),
        "totalBillableTokenCount": str(statistics.billable_tokens * epochs),
        "tuningStepCount": str(max(1, statistics.example_count * epochs // 8)),
        "droppedExampleReasons": ["the example is longer than the limit" for _ in statistics.dropped],
    }
    if method == "preference":
        return {"preferenceOptimizationDataStats": {**common, "droppedExampleIndices": statistics.dropped}}
    return {
        "supervisedTuningDataStats": {
            **common,
            "totalTuningCharacterCount": str(statistics.characters),
            "totalTruncatedExampleCount": str(len(statistics.dropped)),
            "truncatedExampleIndices": statistics.dropped,
        }
    }


def parse_label_filter(text: str) -> dict[str, str]:
    """`labels.key=value AND …` as a mapping. Raises GoogleError 400 for anything else."""
    wanted = {}
    for clause in filter(None, (part.strip() for part in text.split(" AND "))):
        key, separator, value = clause.partition("=")
        if not separator or not key.strip().startswith("labels."):
            raise GoogleError(400, f"Invalid filter: {clause}")
        wanted[key.strip().removeprefix("labels.")] = value.strip().strip('"')
    return wanted


def page(items: list[Resource], kind: str, page_size: int, page_token: str) -> Resource:
    """A slice of `items` with the token of the next one."""
    if page_token and not page_token.isdigit():
        raise GoogleError(400, "Invalid page token.")
    start = int(page_token or 0)
    answer: Resource = {kind: items[start : start + page_size]}
    if start + page_size < len(items):
        answer["nextPageToken"] = str(start + page_size)
    return answer
