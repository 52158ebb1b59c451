"""Requests to the stand-ins on loopback: short, and never through a proxy that the machine may have set."""

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers(url: str, seconds: float = 1.0) -> bool:
    """Whether a GET is answered with success within `seconds`."""
    try:
        with _opener.open(url, timeout=seconds) as response:
            return bool(200 <= response.status < 300)
    except (OSError, HTTPException):
        return False


def post_json(url: str, body: dict[str, Any], seconds: float = 5.0) -> int:
    """POST a JSON document and return the status code, also that of a refusal. Raises OSError when unreachable."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers, method="POST")
    try:
        with _opener.open(request, timeout=seconds) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
