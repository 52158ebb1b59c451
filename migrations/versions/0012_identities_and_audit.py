"""Who a provider's tokens belong to, and a log of what was done that nobody can change.

An account may be reached by several identities of the provider: people change between signing in with a password, with
Google or with Apple. An identity whose person was erased is kept as a keyed hash, so that a token from before cannot
make the account anew. The audit log names a person by `audit_key` alone, which stands nowhere else but in the account:
with the account goes the only way from a line to a person.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# squawk adding-field-with-default: each account needs a value of its own, so the table is rewritten once; `users` is
# the smallest of the large tables, one short row a person, and the statement time-out bounds the rewrite
revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

REFUSE = """
create function cvstomize.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% of %.% is refused: the log is only added to', tg_op, tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end $$
"""


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.UUID(), primary_key=True),
        sa.Column("user_id", sa.UUID(), sa.ForeignKey("cvstomize.users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
        schema="cvstomize",
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"], schema="cvstomize")
    op.create_table(
        "ended_identities",
        sa.Column("identity_hash", sa.Text(), primary_key=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        schema="cvstomize",
    )
    op.execute("alter table cvstomize.users add column audit_key uuid not null default gen_random_uuid()")
    op.create_table(
        "audit_log",
        sa.Column("id", sa.UUID(), primary_key=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("audit_key", sa.UUID(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.CheckConstraint("actor in ('person', 'service', 'operator')", name="ck_audit_log_actor_known"),
        schema="cvstomize",
    )
    op.create_index("ix_audit_log_audit_key_recorded_at", "audit_log", ["audit_key", "recorded_at"], schema="cvstomize")
    op.execute(REFUSE)
    op.execute(
        "create trigger refuse_change before update or delete or truncate on cvstomize.audit_log"
        " for each statement execute function cvstomize.refuse_change()"
    )
    op.execute("revoke update, delete on cvstomize.audit_log from cvstomize_app, cvstomize_eraser")
    op.execute("revoke update, delete on cvstomize.ended_identities from cvstomize_app, cvstomize_eraser")
    op.execute("grant insert on cvstomize.audit_log to cvstomize_eraser, cvstomize_pipeline")
