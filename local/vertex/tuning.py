"""Tuning jobs, models and endpoints over HTTP."""

from __future__ import annotations

from typing import Any, get_args

from starlette.requests import Request

from local.vertex.decoding import decode_tuning_job, decode_undeploy
from local.vertex.errors import GoogleError
from local.vertex.faults import Fault, Kind
from local.vertex.jobs import JobStore
from local.vertex.wire import bounded_body

OUTCOMES: tuple[Kind, ...] = ("never_ends", "fails", "partially_succeeds", "pauses", "expires", "drops_examples")
MAX_PAGE = 100
TYPE = "type.googleapis.com/"
DELETE_METADATA = "google.cloud.aiplatform.v1.DeleteOperationMetadata"
EMPTY = "google.protobuf.Empty"
assert set(OUTCOMES) <= set(get_args(Kind))


class TuningHandlers:
    """One method per request of the tuning and registry APIs."""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs

    async def create(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """Queue a job; with the fault `duplicate`, two of them."""
        job = decode_tuning_job(await bounded_body(request))
        outcome = fault.kind if fault and fault.kind in OUTCOMES else None
        if fault and fault.kind == "duplicate":
            self._jobs.create(parent_of(request), job, outcome=None)
        return self._jobs.create(parent_of(request), job, outcome=outcome)

    async def get(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """The job, one step further than last time."""
        return self._jobs.get(name_of(request))

    async def list_jobs(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """A page of jobs."""
        size, token = paging(request)
        return self._jobs.list(parent_of(request), request.query_params.get("filter", ""), size, token)

    async def cancel(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """Ask a job to stop; with the fault `too_late` it goes on to its end."""
        too_late = fault is not None and fault.kind == "too_late"
        self._jobs.cancel(name_of(request).removesuffix(":cancel"), too_late=too_late)
        return {}

    async def list_resources(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """A page of models or endpoints."""
        size, token = paging(request)
        return self._jobs.resources(kind_of(request), parent_of(request), size, token)

    async def get_resource(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """One model or endpoint."""
        return self._jobs.resource(kind_of(request), name_of(request))

    async def undeploy(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """Take a model off an endpoint; the operation is done at once, or with the fault `slow` not yet."""
        wanted = decode_undeploy(await bounded_body(request))
        if not (fault and fault.kind == "slow"):
            self._jobs.undeploy(name_of(request).removesuffix(":undeployModel"), wanted)
        kind = "google.cloud.aiplatform.v1.UndeployModel"
        return operation(parent_of(request), f"{kind}OperationMetadata", f"{kind}Response", fault)

    async def delete(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """Delete a model or endpoint; the operation is done at once, or with the fault `slow` not yet."""
        if not (fault and fault.kind == "slow"):
            self._jobs.delete(kind_of(request), name_of(request))
        return operation(parent_of(request), DELETE_METADATA, EMPTY, fault)

    async def delete_version(self, request: Request, fault: Fault | None) -> dict[str, Any]:
        """Delete one version of a model, which is refused."""
        self._jobs.delete_version(name_of(request).removesuffix(":deleteVersion"))


def parent_of(request: Request) -> str:
    """`projects/…/locations/…` of the path."""
    return f"projects/{request.path_params['project']}/locations/{request.path_params['location']}"


def kind_of(request: Request) -> str:
    """`models` or `endpoints`. Raises GoogleError 404 for another collection."""
    kind = str(request.path_params["kind"])
    if kind not in ("models", "endpoints"):
        raise GoogleError(404, f"Method not found: {request.url.path}")
    return kind


def name_of(request: Request) -> str:
    """Full resource name of the path."""
    return "projects/" + request.url.path.partition("/projects/")[2]


def paging(request: Request) -> tuple[int, str]:
    """Page size (1-100) and token from the query."""
    text = request.query_params.get("pageSize", "0")
    if not text.isdigit():
        raise GoogleError(400, "Invalid page size.")
    return min(int(text) or MAX_PAGE, MAX_PAGE), request.query_params.get("pageToken", "")


def operation(parent: str, metadata: str, response: str, fault: Fault | None) -> dict[str, Any]:
    """A long-running operation that has ended well; with the fault `slow`, one that has not ended."""
    found: dict[str, Any] = {"name": f"{parent}/operations/1", "metadata": {"@type": TYPE + metadata}}
    if fault and fault.kind == "slow":
        return found
    return found | {"done": True, "response": {"@type": TYPE + response}}
