"""Row versions and the deletion ledger: what makes an incremental export lose nothing and count nothing twice.

Every exported row carries the transaction that last changed it (`row_xid`), kept by trigger, so that the next export
can ask for everything at or above the previous snapshot's xmin. An `updated_at` or a `max(xid)` loses rows whose
transaction was open during an export. Deleted keys go to the ledger in the same transaction. A change of consent is a
change of every row it governs: `move_person` gives them all a new version and writes those that left to the ledger.
"""

from __future__ import annotations

from alembic import op

# squawk require-concurrent-index-creation: came out with the first revisions; its tables are empty when it runs
revision = "0010"
down_revision = "0004"
branch_labels = None
depends_on = None

# Operational table, exported table, the key's column, the column that ties the row to a person.
TABLES = (
    ("users", "people", "person_key", "id"),
    ("personality_scores", "traits", "id", "user_id"),
    ("job_ads", "job_ads", "id", "user_id"),
    ("framing_draws", "framing_draws", "id", "user_id"),
    ("resumes", "resumes", "id", "user_id"),
    ("resume_versions", "resume_versions", "id", "resume_id"),
    ("outcome_events", "outcome_events", "id", "resume_id"),
    ("check_ins", "check_ins", "id", "resume_id"),
    ("exchange_rates", "exchange_rates", "currency", ""),
)

FUNCTIONS = (
    """
    create function cvstomize.set_row_version() returns trigger language plpgsql as $$
    begin
        new.row_xid := pg_current_xact_id();
        return new;
    end $$
    """,
    """
    create function cvstomize.refuse_truncate() returns trigger language plpgsql as $$
    begin
        raise exception 'TRUNCATE of %.% is refused: its rows would stay in every copy; use DELETE',
            tg_table_schema, tg_table_name;
    end $$
    """,
    """
    create function cvstomize.refuse_new_owner() returns trigger language plpgsql as $$
    begin
        raise exception 'a row of %.% keeps its key and its person; delete it and insert another',
            tg_table_schema, tg_table_name;
    end $$
    """,
    """
    create function cvstomize.record_deletion() returns trigger language plpgsql
    security definer set search_path = pg_catalog, pg_temp as $$
    declare
        gone jsonb := to_jsonb(old);
    begin
        insert into cvstomize.deletions (table_name, row_key, reason)
        values (
            tg_argv[0],
            case tg_argv[0]
                when 'exchange_rates' then (gone ->> 'currency') || '-' || to_char((gone ->> 'month')::date, 'YYYY-MM')
                else gone ->> tg_argv[1]
            end,
            'deleted'
        );
        return null;
    end $$
    """,
    # The locks make rows that are being inserted for the person wait or be seen: each insert holds a key-share lock
    # on the person's row, or on the resume's.
    """
    create function cvstomize.move_person(moved uuid, may_leave boolean) returns void language plpgsql
    security definer set search_path = pg_catalog, pg_temp as $$
    declare
        training boolean;
    begin
        if current_setting('transaction_isolation') <> 'read committed' then
            raise exception 'consent and access change in READ COMMITTED only: an older snapshot would miss rows';
        end if;
        perform 1 from cvstomize.users where id = moved for update;
        if not found then
            return;  -- being deleted: every row writes its own entry
        end if;
        perform 1 from cvstomize.resumes where user_id = moved order by id for update;
        update cvstomize.users set row_xid = pg_current_xact_id() where id = moved;
        update cvstomize.personality_scores set row_xid = pg_current_xact_id() where user_id = moved;
        update cvstomize.job_ads set row_xid = pg_current_xact_id() where user_id = moved;
        update cvstomize.framing_draws set row_xid = pg_current_xact_id() where user_id = moved;
        update cvstomize.resumes set row_xid = pg_current_xact_id() where user_id = moved;
        update cvstomize.resume_versions set row_xid = pg_current_xact_id()
            where resume_id in (select id from cvstomize.resumes where user_id = moved);
        update cvstomize.outcome_events set row_xid = pg_current_xact_id()
            where resume_id in (select id from cvstomize.resumes where user_id = moved);
        update cvstomize.check_ins set row_xid = pg_current_xact_id()
            where resume_id in (select id from cvstomize.resumes where user_id = moved);
        if not may_leave then
            return;
        end if;
        select training_granted into training from cvstomize.exportable_people where user_id = moved;
        if not coalesce(training, false) then
            insert into cvstomize.deletions (table_name, row_key, reason)
            select 'resume_versions', v.id::text, 'consent'
            from cvstomize.resume_versions v join cvstomize.resumes r on r.id = v.resume_id where r.user_id = moved;
        end if;
        if training is null then
            insert into cvstomize.deletions (table_name, row_key, reason)
            select 'people', person_key, 'consent' from cvstomize.users where id = moved
            union all
            select 'traits', id::text, 'consent' from cvstomize.personality_scores where user_id = moved
            union all
            select 'job_ads', id::text, 'consent' from cvstomize.job_ads where user_id = moved
            union all
            select 'framing_draws', id::text, 'consent' from cvstomize.framing_draws where user_id = moved
            union all
            select 'resumes', id::text, 'consent' from cvstomize.resumes where user_id = moved
            union all
            select 'outcome_events', e.id::text, 'consent'
            from cvstomize.outcome_events e join cvstomize.resumes r on r.id = e.resume_id where r.user_id = moved
            union all
            select 'check_ins', c.id::text, 'consent'
            from cvstomize.check_ins c join cvstomize.resumes r on r.id = c.resume_id where r.user_id = moved;
        end if;
    end $$
    """,
    """
    create function cvstomize.consent_changed() returns trigger language plpgsql
    security definer set search_path = pg_catalog, pg_temp as $$
    begin
        if tg_op = 'INSERT' then
            -- a yes can only bring rows in
            perform cvstomize.move_person(new.user_id, not new.granted);
        elsif tg_op = 'UPDATE' and old.user_id is distinct from new.user_id then
            perform cvstomize.move_person(new.user_id, true);
            perform cvstomize.move_person(old.user_id, true);
        else
            perform cvstomize.move_person(old.user_id, true);
        end if;
        return null;
    end $$
    """,
    """
    create function cvstomize.access_changed() returns trigger language plpgsql
    security definer set search_path = pg_catalog, pg_temp as $$
    begin
        perform cvstomize.move_person(new.id, true);
        return null;
    end $$
    """,
)

# A view gives the version of its own row: whatever else decides what it shows goes through `move_person`.
VIEWS = (
    """
    create or replace view cvstomize.exportable_people as
    select
        u.id as user_id,
        u.person_key,
        u.created_at,
        coalesce(t.granted, false) as training_granted,
        case when t.granted then t.policy_version end as training_policy_version,
        u.row_xid
    from cvstomize.users u
    join cvstomize.current_consents r on r.user_id = u.id and r.purpose = 'outcome_research' and r.granted
    left join cvstomize.current_consents t on t.user_id = u.id and t.purpose = 'training'
    where u.access_ended_at is null
    """,
    """
    create or replace view export.people as
    select person_key, created_at as registered_at, training_granted, training_policy_version,
        row_xid
    from cvstomize.exportable_people
    """,
    """
    create or replace view export.traits as
    select s.id::text as trait_score_id, p.person_key, s.trait, s.score, s.standard_error,
        s.item_count::bigint as item_count, s.source, s.recorded_at,
        s.row_xid
    from cvstomize.personality_scores s
    join cvstomize.exportable_people p on p.user_id = s.user_id
    """,
    """
    create or replace view export.job_ads as
    select a.id::text as job_ad_id, p.person_key, a.job_family, a.seniority, a.region,
        case when p.training_granted then a.body_text end as body_text,
        case when p.training_granted then a.analysis::text end as analysis,
        a.created_at,
        a.row_xid
    from cvstomize.job_ads a
    join cvstomize.exportable_people p on p.user_id = a.user_id
    """,
    """
    create or replace view export.framing_draws as
    select d.id::text as framing_draw_id, p.person_key, d.job_ad_id::text as job_ad_id, d.framing,
        d.named_by_person, d.probabilities::text as probabilities,
        (d.probabilities ->> d.framing)::numeric(10, 9) as probability,
        d.policy_version, d.drawn_at,
        d.row_xid
    from cvstomize.framing_draws d
    join cvstomize.exportable_people p on p.user_id = d.user_id
    """,
    """
    create or replace view export.resumes as
    select r.id::text as resume_id, p.person_key, r.job_ad_id::text as job_ad_id,
        r.framing_draw_id::text as framing_draw_id, r.framing as framing_used, r.pdf_template, r.page_size,
        r.language, r.provider, r.model, r.prompt_version, r.degraded, r.current_version::bigint as current_version,
        r.viewed_count, r.shared_count, r.downloaded_count, r.first_downloaded_at, r.last_viewed_at, r.created_at,
        r.row_xid
    from cvstomize.resumes r
    join cvstomize.exportable_people p on p.user_id = r.user_id
    """,
    """
    create or replace view export.resume_versions as
    select v.id::text as resume_version_id, v.resume_id::text as resume_id, p.person_key,
        v.version::bigint as version, v.body_markdown, v.content::text as content,
        v.profile_facts::text as profile_facts, v.trait_bands::text as trait_bands, v.source,
        v.training_eligible, v.created_at,
        v.row_xid
    from cvstomize.resume_versions v
    join cvstomize.resumes r on r.id = v.resume_id
    join cvstomize.exportable_people p on p.user_id = r.user_id and p.training_granted
    """,
    """
    create or replace view export.outcome_events as
    select e.id::text as outcome_event_id, e.resume_id::text as resume_id, p.person_key, e.kind, e.retracts,
        e.occurred_at, e.salary_amount, e.salary_currency, e.salary_period, e.salary_basis, e.full_time_share,
        e.source, e.check_in_id::text as check_in_id, e.recorded_at,
        e.row_xid
    from cvstomize.outcome_events e
    join cvstomize.resumes r on r.id = e.resume_id
    join cvstomize.exportable_people p on p.user_id = r.user_id
    """,
    """
    create or replace view export.check_ins as
    select c.id::text as check_in_id, c.resume_id::text as resume_id, p.person_key, c.day::bigint as day, c.due_at,
        c.sent_at, c.answered_at, c.created_at,
        c.row_xid
    from cvstomize.check_ins c
    join cvstomize.resumes r on r.id = c.resume_id
    join cvstomize.exportable_people p on p.user_id = r.user_id
    """,
    """
    create or replace view export.exchange_rates as
    select currency || '-' || to_char(month, 'YYYY-MM') as exchange_rate_id, currency, month, usd_per_unit, is_sample,
        loaded_at,
        row_xid
    from cvstomize.exchange_rates
    """,
)


def upgrade() -> None:
    op.execute("alter table cvstomize.deletions add column row_xid xid8 not null default pg_current_xact_id()")
    op.execute("create index ix_deletions_table_name_row_xid on cvstomize.deletions (table_name, row_xid)")
    for table, *_ in TABLES:
        op.execute(f"alter table cvstomize.{table} add column row_xid xid8 not null default pg_current_xact_id()")
        op.execute(f"create index ix_{table}_row_xid on cvstomize.{table} (row_xid)")
    for statement in (*VIEWS, *FUNCTIONS):
        op.execute(statement)
    for table, exported, key, owner in TABLES:
        op.execute(
            f"create trigger set_row_version before insert or update on cvstomize.{table}"
            " for each row execute function cvstomize.set_row_version()"
        )
        op.execute(
            f"create trigger refuse_truncate before truncate on cvstomize.{table}"
            " for each statement execute function cvstomize.refuse_truncate()"
        )
        op.execute(
            f"create trigger record_deletion after delete on cvstomize.{table}"
            f" for each row execute function cvstomize.record_deletion('{exported}', '{key}')"
        )
        if owner:
            op.execute(
                f"create trigger refuse_new_owner before update of {key}, {owner} on cvstomize.{table} for each row"
                f" when (old.{key} is distinct from new.{key} or old.{owner} is distinct from new.{owner})"
                " execute function cvstomize.refuse_new_owner()"
            )
    op.execute(
        "create trigger record_old_key after update of currency, month on cvstomize.exchange_rates for each row"
        " when (old.currency is distinct from new.currency or old.month is distinct from new.month)"
        " execute function cvstomize.record_deletion('exchange_rates', 'currency')"
    )
    op.execute(
        "create trigger consent_changed after insert or update or delete on cvstomize.consents"
        " for each row execute function cvstomize.consent_changed()"
    )
    op.execute(
        "create trigger refuse_truncate before truncate on cvstomize.consents"
        " for each statement execute function cvstomize.refuse_truncate()"
    )
    op.execute(
        "create trigger access_changed after update of access_ended_at on cvstomize.users for each row"
        " when (old.access_ended_at is distinct from new.access_ended_at)"
        " execute function cvstomize.access_changed()"
    )
    op.execute("revoke execute on function cvstomize.move_person(uuid, boolean) from public")
