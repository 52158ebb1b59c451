"""What can be refused without knowing the route: slow, compressed, malformed and mislabelled bodies, huge headers."""

import gzip
import socket
import time
from urllib.parse import urlsplit

import pytest

from api.edges.bodies import BODY_SECONDS, MAX_HEADER_BYTES, RejectedBodyError, check_json
from tests.support.running_service import Person, Service

URL = "/api/job/analyze"
JSON = {"Content-Type": "application/json"}
ZIPPED = gzip.compress(b'{"jobDescription": "Engineer"}', mtime=0)  # it names a test: the same in every worker


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": {"b": [{"c": 1, "c": 1}]}}', "twice"),
        (b'{"a": 1, "\\u0061": 2}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b"[-Infinity]", "NaN"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' * 50_000, "nested"),
        (b"[" + b"9" * 5_000 + b"]", "digits"),
        (b"[0." + b"1" * 5_000 + b"]", "digits"),
        (b'{"a": 1', "valid JSON"),
        (b"{} {}", "valid JSON"),
        (b"{'a': 1}", "valid JSON"),
        (b'"\x01"', "valid JSON"),
        (b"\xff\xfe{\x00}\x00", "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'"\xc0\xaf"', "UTF-8"),
    ],
)
def test_only_strict_json_is_read(body: bytes, says: str) -> None:
    with pytest.raises(RejectedBodyError) as refused:
        check_json(body)
    assert refused.value.status == 400
    assert says in refused.value.detail


@pytest.mark.parametrize(
    "body", [b"{}", b"\xef\xbb\xbf{}", b'{"a": {"a": 1}, "b": [1.5e3, -0, null]}', b'"\\ud83d\\ude00"']
)
def test_valid_json_passes(body: bytes) -> None:
    check_json(body)


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({**JSON, "Content-Encoding": "gzip"}, ZIPPED, 415, "unsupported_media_type"),
        ({**JSON, "Content-Encoding": "br, gzip"}, b"{}", 415, "unsupported_media_type"),
        ({"Content-Type": "text/plain"}, b'{"jobDescription": "Engineer"}', 415, "unsupported_media_type"),
        ({"Content-Type": "application/xml"}, b"<a/>", 415, "unsupported_media_type"),
        ({"Content-Type": "multipart/form-data"}, b"no boundary", 415, "unsupported_media_type"),
        ({}, b'{"jobDescription": "Engineer"}', 415, "unsupported_media_type"),
        ({**JSON, "X-Padding": "a" * (MAX_HEADER_BYTES + 1)}, b"{}", 431, "headers_too_large"),
        (JSON, b'{"jobDescription": "a", "jobDescription": "b"}', 400, "malformed_json"),
        (JSON, b'{"jobDescription": "' + b"a" * 300_000 + b'"}', 413, "payload_too_large"),
        (JSON, b'{"jobDescription": ' + b"[" * 900 + b"]" * 900 + b"}", 422, "invalid_input"),
        (JSON, b"", 422, "invalid_input"),
        ({"Content-Type": "application/json; charset=utf-8"}, b'{"jobDescription": "Engineer"}', 200, None),
        ({"Content-Type": "application/merge-patch+json"}, b'{"jobDescription": "Engineer"}', 200, None),
    ],
)  # fmt: skip
def test_refusals_are_problems(person: Person, headers: dict[str, str], body: bytes, status: int, code: str) -> None:
    answer = person.post(URL, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    if code is not None:
        assert (answer.headers["content-type"], answer.json()["code"]) == ("application/problem+json", code)


def test_thousands_of_ranges_are_no_work(person: Person) -> None:
    ranges = "bytes=" + ",".join(f"{n}-{n}" for n in range(3_000))
    assert person.get("/api/me", headers={"Range": ranges}).status_code == 200
    longer = "bytes=" + ",".join(f"{n}-{n}" for n in range(30_000))
    assert person.get("/api/me", headers={"Range": longer}).status_code in {400, 431}


@pytest.mark.parametrize(
    "target",
    ["/%zz", "/%", "/%ff%fe", "/%00", "/api/resume?cursor=%ff", "/api/resume?limit=%00", "/api/resume?cursor=%zz",
     "/api/resume?limit=-1", "/api/resume?limit=99999999999999999999", "/api/resume?limit=1&limit=x", "/..%2f..%2fetc",
     "/r/%ff", "/r/%00?owner=%ff", "/c/%2e%2e", "/api/resume/%ed%a0%80", "/api/erasures/%00", "//",
     "/?" + "a=b&" * 5_000],
)  # fmt: skip
def test_targets_that_are_no_good_are_4xx(service: Service, person: Person, target: str) -> None:
    head = f"GET {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {person.token}\r\nConnection: close\r\n\r\n"
    status, _ = exchange(service, head.encode())
    assert 400 <= status < 500


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\nX-Forwarded-For: \xff\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xe9\xff\r\nConnection: close\r\n\r\n",
        b"POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"FETCH /api/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_bytes_that_are_no_http_are_4xx(service: Service, raw: bytes) -> None:
    status, _ = exchange(service, raw)
    assert 400 <= status < 500


@pytest.mark.slow
def test_a_body_that_trickles_in_is_cut_off(service: Service, person: Person) -> None:
    head = f"POST {URL} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {person.token}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    begun = time.monotonic()
    with connection_to(service) as connection:
        connection.sendall(head.encode())
        connection.settimeout(0.5)
        answer = b""
        while not answer and time.monotonic() - begun < BODY_SECONDS + 5:
            connection.sendall(b" ")
            try:
                answer = connection.recv(65_536)
            except TimeoutError:
                continue
    assert b" 408 " in answer.splitlines()[0]
    assert b"request_timeout" in answer
    assert BODY_SECONDS - 0.5 < time.monotonic() - begun < BODY_SECONDS + 5


def connection_to(service: Service) -> socket.socket:
    address = urlsplit(service.base_url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=15)


def exchange(service: Service, request: bytes) -> tuple[int, bytes]:
    with connection_to(service) as connection:
        connection.sendall(request)
        answer = connection.recv(65_536)
    return int(answer.split(b" ", 2)[1]), answer
