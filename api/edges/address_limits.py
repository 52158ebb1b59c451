"""Limits per address: every request in the middleware, costly ones once their route is known."""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.edges.addresses import address_of, network_of
from api.errors import TooManyRequestsError
from api.problems import answer_domain_error, path_template
from api.resources import ResourcesDependency, get_resources

EXEMPT = frozenset({"/health", "/health/ready"})
"""Probes of the platform."""


class AddressLimitMiddleware:
    """Refuses floods before anything is parsed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in EXEMPT:
            await self.app(scope, receive, send)
            return
        resources = get_resources(Request(scope))
        address = network_of(address_of(scope, resources.settings.trusted_proxy_hops))
        try:
            await resources.limits.spend("address", address)
        except TooManyRequestsError as error:
            await (await answer_domain_error(Request(scope), error))(scope, receive, send)
            return
        await self.app(scope, receive, send)


async def limit_costly_requests_of_an_address(request: Request, resources: ResourcesDependency) -> None:
    """A dependency of every route: counts sign-ups, sign-ins and passwords of links by where they come from."""
    address = network_of(address_of(request.scope, resources.settings.trusted_proxy_hops))
    await resources.limits.spend_costly("address", request.method, path_template(request), address)
