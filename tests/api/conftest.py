"""Fixtures of the API: a real server on a fresh database, and somebody with an account.

And a net under every test of the API: no line that a service logged meanwhile holds what people write in tests.
"""

from collections.abc import Generator

import pytest

from tests.support.running_service import person, service, stored_service
from tests.support.written_words import logged, written_in

__all__ = ["person", "service", "stored_service"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test during which somebody's words went into the log."""
    report = yield
    told = [line for line in logged(f"{report.capstdout}\n{report.capstderr}") if written_in(line)]
    if told and report.passed:
        report.outcome = "failed"
        report.longrepr = "what a person wrote is in the log:\n" + "\n".join(told[:5])
    return report
