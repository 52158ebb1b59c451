"""A model at the HTTP level that holds its first requests, so that something can happen while one is in flight."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.loopback_http import serving


@dataclass
class WaitingModel:
    """Sets `asked` with a request, and refuses it once `may_answer` is set; later requests at once."""

    url: str = ""
    asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)


@contextmanager
def waiting_model() -> Iterator[WaitingModel]:
    """A model that waits until the test lets it answer, or ends."""
    model = WaitingModel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            model.asked.set()
            model.may_answer.wait(20)
            with suppress(OSError):  # who asked may have gone away
                self.send_error(400)

        def log_message(self, *_: Any) -> None:
            return

    with serving(Handler) as model.url:
        try:
            yield model
        finally:
            model.may_answer.set()
