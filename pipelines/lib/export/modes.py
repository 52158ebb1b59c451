"""Whether a table can be exported incrementally, or needs a snapshot, and why."""

from __future__ import annotations

from pipelines.lib.export.contract import ROW_VERSION
from pipelines.lib.export.control import Watermark
from pipelines.lib.export.snapshot import Snapshot
from pipelines.lib.export.view_schema import ViewSchema


def reason_of_another_source(snapshot: Snapshot, before: Watermark) -> str | None:
    """Why the transaction ids of `before` mean nothing in this snapshot, or None when they do."""
    if before.identity.system_identifier != snapshot.identity.system_identifier:
        return "another cluster than at the last export"
    if before.identity.database_oid != snapshot.identity.database_oid:
        return "another database than at the last export"
    if before.identity.timeline != snapshot.identity.timeline:
        return "the cluster was restored or failed over since the last export"
    if snapshot.xmin < before.xmin:
        return "transaction ids went back since the last export"
    return None


def reason_for_snapshot(schema: ViewSchema, snapshot: Snapshot, before: Watermark | None) -> str | None:
    """Why the table needs a full snapshot, or None when its changes since `before` are enough.

    The watermark is a transaction id, so it means something only in the cluster, database and timeline it came from:
    a restored or failed-over database counts anew.
    """
    if before is None:
        return "first export"
    if reason := reason_of_another_source(snapshot, before):
        return reason
    if before.fingerprint != schema.fingerprint:
        return "the view changed, or a table behind it was replaced"
    if all(column.name != ROW_VERSION for column in schema.columns):
        return "the view has no row version"
    return None
