-- {rows} resumes with about 2.7 kB of Markdown each, made inside the database. Words are picked by a hash of the row's
-- number, so that no two texts are alike, every run has the same ones, and they compress as prose does.
drop schema if exists bench cascade;
drop view if exists export.bench_resumes;
create schema bench;
create table bench.phrases as
select array[
    'Led a team of engineers who moved the billing service to', 'Reduced the time of the nightly build from hours with',
    'Wrote the reports that the board reads each month about', 'Answered customers in three languages and kept a list of',
    'Planned the budget of a department and compared it with', 'Taught new colleagues how to review each other''s work in',
    'Designed a catalogue of parts that forty shops use for', 'Measured how long patients wait and shortened it through',
    'Negotiated contracts with carriers in nine countries on', 'Built the first version of an app that nurses open for',
    'Kept the ledgers of two subsidiaries in order during', 'Tested bridges and tunnels for cracks and documented',
    'Moved four hundred tables to another warehouse without', 'Interviewed users every week and turned notes into',
    'Repaired pumps and valves under pressure, literally, with', 'Ran the election of the works council and published'
] as texts;
create table bench.resumes as
select gen.number as number, md5(gen.number::text)::uuid as id, md5('person' || gen.number / 3) as person_key,
    'Resume ' || gen.number as title,
    (array['neutral', 'inventive', 'structured', 'energetic', 'collaborative', 'steady'])[1 + gen.number % 6] as framing,
    '# Summary' || e'\n\n' || (
        select string_agg(
            '- ' || texts[1 + (hashint8extended(gen.number, line) & 15)] || ' ' || md5(gen.number::text || line::text)
            || ', which saved ' || (hashint8extended(gen.number, line + 100) & 1023)::text || ' "hours" a year', e'\n'
        )
        from bench.phrases, generate_series(1, 22) as line
    ) as body_markdown,
    (case when gen.number % 4 <> 0 then (gen.number % 90000) + 30000.25 end)::numeric(14, 2) as salary_offered,
    gen.number % 7 as viewed_count,
    timestamptz '2026-01-01 00:00+00' + gen.number * interval '1 second' as created_at,
    pg_current_xact_id() as row_xid
from generate_series(1::bigint, {rows}) as gen (number);
alter table bench.resumes add primary key (id);
create index on bench.resumes (number);
create index on bench.resumes using brin (created_at);
create index on bench.resumes (row_xid);
create trigger set_row_version before insert or update on bench.resumes
    for each row execute function cvstomize.set_row_version();
create view export.bench_resumes as
select id::text as resume_id, person_key, title, framing, body_markdown, salary_offered, viewed_count, created_at,
    row_xid
from bench.resumes;
-- The same for readers who do not know 64-bit transaction ids.
create view bench.plain_resumes as
select resume_id, person_key, title, framing, body_markdown, salary_offered, viewed_count, created_at,
    row_xid::text::bigint as row_xid
from export.bench_resumes;
grant usage on schema bench to cvstomize_pipeline;
grant select on all tables in schema bench to cvstomize_pipeline;
grant select on export.bench_resumes to cvstomize_pipeline;
analyze bench.resumes;
