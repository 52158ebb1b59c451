"""The net under the tests of the API would catch something."""

import time

import httpx
import pytest

from tests.support.running_service import Person
from tests.support.written_words import logged, refusal_names_nobody, written_in


def test_a_line_and_a_refusal_with_somebodys_words_are_seen() -> None:
    lines = 'a print\n{"event": "request", "status": 200}\n{"event": "oh", "path": "/x?mail=Ada@Example.com"}\n'
    assert [line for line in logged(lines) if written_in(line)] == lines.splitlines()[2:]
    refusal = httpx.Response(
        422, headers={"content-type": "application/problem+json"}, json={"detail": "+1 415 555 0134 is no address"}
    )
    with pytest.raises(AssertionError, match="in a refusal"):
        refusal_names_nobody(refusal)


@pytest.mark.slow
def test_what_the_service_logs_is_seen(person: Person, request: pytest.FixtureRequest) -> None:
    capture = request.config.pluginmanager.getplugin("capturemanager")
    if capture is None or not capture.is_globally_capturing():
        pytest.skip("the output of tests is not kept")
    assert person.get("/api/me").status_code == 200
    deadline, lines = time.monotonic() + 5, ""
    while '"/api/me"' not in lines and time.monotonic() < deadline:  # the line comes after the answer
        lines += "\n".join(logged(capture.read_global_capture().out))
        time.sleep(0.01)
    assert '"/api/me"' in lines
