"""Says in plain text what a check found."""

from __future__ import annotations

from migrations.findings import CheckReport, remedy_block
from migrations.script import DURATION

LONGEST_STATEMENT = 160


def check_text(report: CheckReport) -> str:
    """The whole check for a terminal; the block to paste stands last."""
    lines = [report.place]
    if report.head:
        lines.append(f"database is at {report.current or 'nothing yet'}, this version brings {report.head}")
    for name, title, standalone, statements in report.pending:
        lines.append(f"pending: {name} {title}{' (standalone, outside a transaction)' if standalone else ''}")
        for statement in statements:
            text = " ".join(statement.text.split())
            shown = text if len(text) <= LONGEST_STATEMENT else f"{text[: LONGEST_STATEMENT - 1]}…"
            lines.append(f"    {statement.lock or 'no lock on a table':<23} {shown}")
    if report.sizes:
        lines.append("tables that would be locked:")
        lines += [
            f"    {size.name}: {size.total_bytes / 1_048_576:.1f} MiB, about {size.rows:,} rows, {size.lock}"
            for size in report.sizes
        ]
        lines.append(f"    {DURATION}")
    if report.grants:
        lines.append("grants and default privileges:")
        lines += [f"    {line}" for line in report.grants]
    lines += [f"{'refused' if finding.refused else 'notice'}: {finding.message}" for finding in report.findings]
    if report.locked_by:
        lines.append(f"locked: another migration is running: {report.locked_by}")
    if report.interrupted:
        lines.append(f"interrupted: {report.interrupted}")
    if not report.refused and not report.pending and not report.interrupted:
        lines.append("nothing to do")
    if block := remedy_block(report.findings, report.database):
        lines += ["", block]
    return "\n".join(lines)
