"""Two accounts of one person become one, and each resume remembers under which pseudonyms it was made.

A person may hold two accounts, made with two addresses. `merge_accounts` moves everything of the younger one to the
older one, under the older one's pseudonym, and deletes it. What a dataset needs to know is kept beside the resume: a
row that stood in another split under a former pseudonym must not be trained on under the present one.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

VIEW = """
create or replace view export.resume_versions as
select v.id::text as resume_version_id, v.resume_id::text as resume_id, p.person_key,
    v.version::bigint as version, v.body_markdown, v.content::text as content,
    v.profile_facts::text as profile_facts, v.trait_bands::text as trait_bands, v.source,
    v.training_eligible, v.created_at,
    v.row_xid,
    r.former_person_keys
from cvstomize.resume_versions v
join cvstomize.resumes r on r.id = v.resume_id
join cvstomize.exportable_people p on p.user_id = r.user_id and p.training_granted
"""

# The one way in which a row changes its person: `merge_accounts` says from whom to whom, for its own transaction.
REFUSE_NEW_OWNER = """
create or replace function cvstomize.refuse_new_owner() returns trigger language plpgsql as $$
begin
    if tg_table_name <> 'users' and current_setting('cvstomize.merging', true)
        = (to_jsonb(old) ->> 'user_id') || '>' || (to_jsonb(new) ->> 'user_id') then
        return new;
    end if;
    raise exception 'a row of %.% keeps its key and its person; delete it and insert another',
        tg_table_schema, tg_table_name;
end $$
"""

MERGE = """
create function cvstomize.merge_accounts(former uuid, kept uuid) returns void language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
    goes cvstomize.users;
    stays cvstomize.users;
begin
    perform 1 from cvstomize.users where id in (former, kept) order by id for update;
    select * into goes from cvstomize.users where id = former;
    select * into stays from cvstomize.users where id = kept;
    if goes.id is null or stays.id is null or former = kept then
        raise exception 'two accounts are needed';
    end if;
    if goes.access_ended_at is not null or stays.access_ended_at is not null then
        raise exception 'the access of one of them has ended: its person is being erased';
    end if;
    if (goes.created_at, goes.id) < (stays.created_at, stays.id) then
        raise exception 'the older account stays';
    end if;
    if exists (
        select purpose from (
            select purpose, user_id, granted, case when granted then policy_version end as policy_version
            from cvstomize.current_consents where user_id in (former, kept)
        ) as decisions
        group by purpose
        having count(*) <> 2 or min(granted::int) <> max(granted::int)
            or min(policy_version) is distinct from max(policy_version)
    ) then
        raise exception 'the accounts decided differently about a purpose: the person has to decide alike in both';
    end if;
    perform set_config('cvstomize.merging', former::text || '>' || kept::text, true);
    -- An ad that both saved stays two ads; the hash only keeps one account from saving it twice.
    update cvstomize.job_ads set text_sha256 = text_sha256 || ':' || id::text where user_id = former
        and text_sha256 in (select text_sha256 from cvstomize.job_ads where user_id = kept);
    update cvstomize.job_ads set user_id = kept where user_id = former;
    update cvstomize.framing_draws set user_id = kept where user_id = former;
    update cvstomize.resumes
        set user_id = kept, former_person_keys = concat_ws(' ', former_person_keys, goes.person_key)
        where user_id = former;
    update cvstomize.generation_runs set user_id = kept where user_id = former;
    update cvstomize.personality_scores set user_id = kept where user_id = former;
    update cvstomize.conversations set user_id = kept where user_id = former;
    update cvstomize.profiles set user_id = kept where user_id = former
        and not exists (select from cvstomize.profiles where user_id = kept);
    update cvstomize.identities set user_id = kept where user_id = former;
    update cvstomize.consents set user_id = kept where user_id = former;
    update cvstomize.outbox set user_id = kept where user_id = former;
    perform cvstomize.move_person(kept, false);
    delete from cvstomize.users where id = former;
    perform set_config('cvstomize.merging', '', true);
end $$
"""


def upgrade() -> None:
    op.execute("alter table cvstomize.resumes add column former_person_keys text")
    op.execute(VIEW)
    op.execute(REFUSE_NEW_OWNER)
    op.execute(MERGE)
    op.execute("revoke execute on function cvstomize.merge_accounts(uuid, uuid) from public")
    op.execute("grant execute on function cvstomize.merge_accounts(uuid, uuid) to cvstomize_eraser")
