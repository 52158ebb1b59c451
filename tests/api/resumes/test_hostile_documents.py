"""A hostile document through the API: refused or set inside the deadline, while others are served as before."""

import statistics
import threading
import time

import pytest

from tests.support.running_service import Person, Service

ANSWER_SECONDS = 14.0
"""Ten for the render, its turn, and the requests around it on a busy machine."""
OTHERS_SECONDS = 1.0
HOSTILE = {
    "deeply nested lists": "\n".join("  " * depth + "- a" for depth in range(300)),
    "a long line": "word " * 30_000,
    "10,000 cells": "| a | b |\n|---|---|\n" + "| x | y |\n" * 5_000,
    "a huge image": "![x](data:image/png;base64," + "A" * 150_000 + ")",
    "deep emphasis": "*" * 20_000 + "a" + "*" * 20_000,
    "bidirectional overrides": "\u202eabc\u202d" * 10_000,
    "zalgo": "a\u0301\u0302\u0303\u0304\u0305" * 10_000,
    "20 kB of items": "- a\n" * 5_000,
    "brackets": "[a " * 30_000,
}


@pytest.mark.slow
def test_others_are_served_while_hostile_documents_are_rendered(service: Service) -> None:
    attacker, bystander = service.person().with_profile(), service.person().with_profile()
    resume = bystander.resume()["id"]
    latencies: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            started = time.monotonic()
            assert bystander.client.get(f"/api/resume/{resume}").status_code == 200
            latencies.append(time.monotonic() - started)
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        outcomes = {name: attack(attacker, text) for name, text in HOSTILE.items()}
    finally:
        done.set()
        watcher.join()
    assert {name: outcome for name, outcome in outcomes.items() if outcome not in (200, 413, 422)} == {}
    assert statistics.median(latencies) < OTHERS_SECONDS
    assert bystander.client.get(f"/api/resume/{resume}/download").status_code == 200


def attack(person: Person, markdown: str) -> int:
    """Edit a resume to this text and download it: the status of the first refusal, or of the PDF."""
    path = f"/api/resume/{person.resume()['id']}"
    edited = person.client.put(path, json={"markdown": markdown}, timeout=30)
    if edited.status_code != 200:
        return edited.status_code
    started = time.monotonic()
    answer = person.client.get(f"{path}/download", timeout=60)
    assert time.monotonic() - started < ANSWER_SECONDS
    assert answer.content.startswith(b"%PDF-") or answer.headers["content-type"] == "application/problem+json"
    return answer.status_code
