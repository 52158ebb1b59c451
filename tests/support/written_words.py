"""What tests write as people, and where it must never turn up: in a log line, and in a refusal."""

import httpx

PASSWORD = "correct horse battery"
WRITTEN = ("@example.com", PASSWORD, "555 01", "555-01", "canary", "ada example", "<b>things", "eyj")
"""Parts of addresses, phones, notes, names, resumes; and how each token begins."""


def written_in(text: str) -> list[str]:
    """Which of them a text holds."""
    folded = text.lower()
    return [part for part in WRITTEN if part in folded]


def logged(output: str) -> list[str]:
    """The lines of our form in what a test has printed."""
    return [line for line in output.splitlines() if line.startswith("{") and '"event":' in line]


def refusal_names_nobody(response: httpx.Response) -> None:
    """For a client's `response` hook: a problem repeats nothing that a person wrote."""
    if "problem+json" in response.headers.get("content-type", ""):
        told = response.read().decode()
        assert not written_in(told), f"what a person wrote is in a refusal: {told[:500]}"
