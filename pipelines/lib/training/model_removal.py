"""Takes one tuned model out of Vertex AI: off its endpoint, the endpoint gone, the model out of the registry.

Every step looks first and does only what is left, so a run killed anywhere goes on where it stopped. Nothing waits for
an operation: what Google is still busy with counts as under way and is looked at again with the next attempt. Through
google-cloud-aiplatform over HTTP; its import takes seconds, so it happens when a model really has to go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pipelines.lib.training.errors import TrainingError

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1.services.endpoint_service import EndpointServiceClient
    from google.cloud.aiplatform_v1.services.model_service import ModelServiceClient

Transport = TypeVar("Transport")
CALL_SECONDS = 30.0
MAX_DEPLOYED = 100
RESOURCE = re.compile(r"projects/[^/]+/locations/(?P<location>[a-z0-9-]+)/(?:models|endpoints)/[^/@]+(?:@[^/@]+)?")


class RemovalRefusedError(TrainingError):
    """Vertex AI refused a step or did not answer; the message says which. What was done stays done: try again."""


class RemovalUnderWayError(RemovalRefusedError):
    """Google is still at it: nothing was refused, look again later."""


def location_of(resource: str) -> str:
    """The location in a resource name. Raises RemovalRefusedError for a name that is none."""
    found = RESOURCE.fullmatch(resource)
    if found is None:
        raise RemovalRefusedError(f"{resource!r} is no name of a model or endpoint: correct the row by hand")
    return found["location"]


def remove_model(name: str, endpoint: str | None, *, base_url: str | None, keep_other_versions: bool) -> None:
    """Take the model `name` off `endpoint` and delete both. Done already is done: a second call changes nothing.

    `base_url` names the stand-in. An endpoint that serves other models stays; with `keep_other_versions` only this
    version of the model is deleted. Raises RemovalRefusedError or RemovalUnderWayError.
    """
    if endpoint:
        endpoints = endpoint_client(location_of(endpoint), base_url)
        with endpoints:
            clear_endpoint(endpoints, name, endpoint)
    models = model_client(location_of(name), base_url)
    with models:
        delete_model(models, name, only_version=keep_other_versions)


def clear_endpoint(client: EndpointServiceClient, name: str, endpoint: str) -> None:
    """Undeploy the model; delete the endpoint when nothing else is on it."""
    found = call("look at the endpoint", client.get_endpoint, name=endpoint)
    if found is None:
        return
    ours = [item for item in found.deployed_models if same_model(item.model, name)][:MAX_DEPLOYED]
    for item in ours:
        call("undeploy the model", client.undeploy_model, endpoint=endpoint, deployed_model_id=item.id)
    if ours:
        found = call("look at the endpoint", client.get_endpoint, name=endpoint)
        if found is None:
            return
        if any(same_model(item.model, name) for item in found.deployed_models):
            raise RemovalUnderWayError(f"{name} is being taken off {endpoint}")
    if found.deployed_models:
        return
    call("delete the endpoint", client.delete_endpoint, name=endpoint)
    if call("look at the endpoint", client.get_endpoint, name=endpoint) is not None:
        raise RemovalUnderWayError(f"{endpoint} is being deleted")


def delete_model(client: ModelServiceClient, name: str, *, only_version: bool) -> None:
    """Delete the model with all its versions, or this version only."""
    whole = name.partition("@")[0]
    target = name if only_version else whole
    if call("look at the model", client.get_model, name=target) is None:
        return
    delete: Callable[..., Any] = client.delete_model_version if only_version else client.delete_model
    call("delete the model", delete, name=target)
    if call("look at the model", client.get_model, name=target) is not None:
        raise RemovalUnderWayError(f"{target} is being deleted")


def same_model(deployed: str, name: str) -> bool:
    """Whether a deployed model is `name`; a name without a version stands for every version."""
    one, other = deployed.partition("@"), name.partition("@")
    return one[0] == other[0] and (not one[2] or not other[2] or one[2] == other[2])


def call(step: str, method: Callable[..., Any], **fields: Any) -> Any:
    """One bounded request; None when the resource is gone. Raises RemovalRefusedError in the words of the answer."""
    from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, NotFound
    from google.auth.exceptions import GoogleAuthError
    from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]

    try:
        return method(**fields, timeout=CALL_SECONDS, retry=None)
    except NotFound:
        return None
    except GoogleAPICallError as error:
        raise RemovalRefusedError(f"could not {step} ({error.code}): {error.message}"[:300]) from None
    except (GoogleAPIError, GoogleAuthError, OSError, ValueError, ParseError) as error:
        raise RemovalRefusedError(f"could not {step}: {type(error).__name__}") from None


def rest_transport(kind: Callable[..., Transport], location: str, base_url: str | None) -> Transport:
    """HTTP to where the service answers; the stand-in checks no credentials. Raises RemovalRefusedError without any."""
    from google.auth.credentials import AnonymousCredentials
    from google.auth.exceptions import GoogleAuthError

    try:
        if base_url is None:
            return kind(host=f"{location}-aiplatform.googleapis.com")
        parts = urlsplit(base_url)
        anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
        return kind(host=parts.netloc, url_scheme=parts.scheme, credentials=anonymous)
    except GoogleAuthError as error:
        raise RemovalRefusedError(f"no Google credentials: {type(error).__name__}") from None


def endpoint_client(location: str, base_url: str | None) -> EndpointServiceClient:
    """A client for endpoints. Raises RemovalRefusedError without credentials."""
    from google.cloud.aiplatform_v1.services.endpoint_service import EndpointServiceClient
    from google.cloud.aiplatform_v1.services.endpoint_service.transports.rest import EndpointServiceRestTransport

    return EndpointServiceClient(transport=rest_transport(EndpointServiceRestTransport, location, base_url))


def model_client(location: str, base_url: str | None) -> ModelServiceClient:
    """A client for the Model Registry. Raises RemovalRefusedError without credentials."""
    from google.cloud.aiplatform_v1.services.model_service import ModelServiceClient
    from google.cloud.aiplatform_v1.services.model_service.transports.rest import ModelServiceRestTransport

    return ModelServiceClient(transport=rest_transport(ModelServiceRestTransport, location, base_url))
