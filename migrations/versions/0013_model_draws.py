"""Which model was drawn to write a resume, and with which chances, beside the framing's draw.

A new model starts as an arm with a share. Only a draw whose chances are known lets anybody say later that a model got
more interviews, so the draw is logged with the framing's: once per (person, job ad), never changed. Rows without a
choice between models hold neither value.
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

VIEW = """
create or replace view export.framing_draws as
select d.id::text as framing_draw_id, p.person_key, d.job_ad_id::text as job_ad_id, d.framing,
    d.named_by_person, d.probabilities::text as probabilities,
    (d.probabilities ->> d.framing)::numeric(10, 9) as probability,
    d.policy_version, d.drawn_at,
    d.row_xid,
    d.model_drawn, d.model_probabilities::text as model_probabilities,
    (d.model_probabilities ->> d.model_drawn)::numeric(10, 9) as model_probability
from cvstomize.framing_draws d
join cvstomize.exportable_people p on p.user_id = d.user_id
"""


def upgrade() -> None:
    op.execute("alter table cvstomize.framing_draws add column model_drawn text")
    op.execute("alter table cvstomize.framing_draws add column model_probabilities jsonb")
    op.execute(VIEW)
