"""Counters of the limits on costly requests, shared by every process of the API.

The table is not logged: after a crash of the server all limits begin anew, which costs less than writing every
count twice. A key is a keyed hash of the rule and of the address or account, so no row names anybody.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# squawk prefer-bigint-over-int: hits of one key within one window of a limit
revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_counters",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        schema="cvstomize",
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_request_counters_expires_at", "request_counters", ["expires_at"], schema="cvstomize")
