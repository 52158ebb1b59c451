"""The routes of the stand-in: Google's paths, both API versions."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.vertex.about import AboutPage
from local.vertex.faults import FaultBoard, Operation
from local.vertex.generation import GenerationHandlers
from local.vertex.jobs import JobStore
from local.vertex.tuning import TuningHandlers
from local.vertex.wire import Handler, endpoint

PREFIX = "/{version}/projects/{project}/locations/{location}"


async def unknown_path(request: Request, error: Exception) -> JSONResponse:
    """Google answers an unknown path with its own error document."""
    return JSONResponse({"error": {"code": 404, "message": "Method not found.", "status": "NOT_FOUND"}}, 404)


def create_app(jobs: JobStore, faults: FaultBoard, seen: list[tuple[str, str]]) -> Starlette:
    """The ASGI application. `seen` gets (operation, path) of every request."""
    generation, tuning = GenerationHandlers(jobs), TuningHandlers(jobs)

    def route(method: str, path: str, operation: Operation, handler: Handler) -> Route:
        return Route(PREFIX + path, endpoint(operation, faults, handler, seen), methods=[method])

    routes = [
        Route("/", AboutPage(jobs, faults).show),
        route("POST", "/tuningJobs", "tune_create", tuning.create),
        route("GET", "/tuningJobs", "tune_list", tuning.list_jobs),
        route("POST", "/tuningJobs/{id}:cancel", "tune_cancel", tuning.cancel),
        route("GET", "/tuningJobs/{id}", "tune_get", tuning.get),
        route("POST", "/endpoints/{id}:undeployModel", "models", tuning.undeploy),
        route("POST", "/{rest:path}:generateContent", "generate", generation.generate),
        route("POST", "/{rest:path}:countTokens", "count_tokens", generation.count_tokens),
        route("GET", "/{kind}", "models", tuning.list_resources),
        route("GET", "/{kind}/{id}", "models", tuning.get_resource),
        route("DELETE", "/models/{id}:deleteVersion", "models", tuning.delete_version),
        route("DELETE", "/{kind}/{id}", "models", tuning.delete),
    ]
    return Starlette(routes=routes, exception_handlers={404: unknown_path, 405: unknown_path})
