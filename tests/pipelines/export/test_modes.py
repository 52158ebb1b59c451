"""When changes are enough and when only a snapshot is."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.lib.export.alarm import lag_seconds, overdue
from pipelines.lib.export.column_types import ColumnType
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.control import Watermark
from pipelines.lib.export.modes import reason_for_snapshot
from pipelines.lib.export.snapshot import Snapshot, SourceIdentity
from pipelines.lib.export.view_schema import ViewColumn, ViewSchema

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
HERE = SourceIdentity(7_000_000_000_000_000_001, 16_384, 1)
SNAPSHOT = Snapshot(NOW, 900, 905, "00000003-1", HERE)
SCHEMA = ViewSchema(
    load_contracts()["people"],
    (
        ViewColumn("person_key", ColumnType("text"), "text", True, ""),
        ViewColumn("row_xid", ColumnType("xid8"), "xid8", True, ""),
    ),
)
BEFORE = Watermark.of("people", replace(SNAPSHOT, xmin=800), SCHEMA.fingerprint, 3)


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (BEFORE, None),
        (None, "first export"),
        (replace(BEFORE, xmin=900), None),
        (replace(BEFORE, xmin=901), "transaction ids went back since the last export"),
        (replace(BEFORE, fingerprint="other"), "the view changed, or a table behind it was replaced"),
        (replace(BEFORE, identity=replace(HERE, system_identifier=1)), "another cluster than at the last export"),
        (replace(BEFORE, identity=replace(HERE, database_oid=1)), "another database than at the last export"),
        (
            replace(BEFORE, identity=replace(HERE, timeline=2)),
            "the cluster was restored or failed over since the last export",
        ),
    ],
)
def test_reason_for_a_snapshot(before: Watermark | None, reason: str | None) -> None:
    assert reason_for_snapshot(SCHEMA, SNAPSHOT, before) == reason


def test_a_view_without_versions_is_always_a_snapshot() -> None:
    bare = ViewSchema(SCHEMA.contract, SCHEMA.columns[:1])
    before = replace(BEFORE, fingerprint=bare.fingerprint)
    assert reason_for_snapshot(bare, SNAPSHOT, before) == "the view has no row version"


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, []), (60, []), (61, ["people: no export succeeded for 61 minutes; the last cut is"])],
)
def test_an_hour_without_an_export_is_overdue(minutes: int, expected: list[str]) -> None:
    lines = overdue(["people"], {"people": BEFORE}, NOW + timedelta(minutes=minutes))
    assert [line.rsplit(" ", 1)[0] for line in lines] == expected


def test_a_table_that_was_never_exported_is_overdue() -> None:
    assert overdue(["people"], {}, NOW) == ["people: never exported"]


def test_the_lag_is_that_of_the_oldest_cut_and_none_before_the_first_export() -> None:
    old = replace(BEFORE, cut_at=NOW - timedelta(hours=3))
    assert lag_seconds(["people", "resumes"], {"people": BEFORE, "resumes": old}, NOW) == 3 * 3600
    assert math.isnan(lag_seconds(["people", "resumes"], {"people": BEFORE}, NOW))
    assert math.isnan(lag_seconds(["people"], {}, NOW))
