-- A cohort of {applications} applications by a fifth as many people, in the shape of the export views, made inside the
-- database: a cheap hash of the row number stands in for chance, so that every run has the same rows.
drop schema if exists bench_source cascade;
create schema bench_source;
create function bench_source.chance(number bigint, salt int) returns double precision
    language sql immutable parallel safe
    as $$ select ((hashint8extended(number, salt) % 1000000) + 1000000) % 1000000 / 1000000.0::double precision $$;
create table bench_source.people as
select md5(p::text) as person_key, timestamptz '2026-02-01 09:00+00' + (p % 150) * interval '1 day' as registered_at,
    false as training_granted, null::text as training_policy_version
from generate_series(1, {applications} / 5) p;
create table bench_source.traits as
select p || '-' || t.trait as trait_score_id, md5(p::text) as person_key, t.trait,
    (1 + floor(bench_source.chance(p, t.number) * 17) / 4)::numeric(4, 3) as score, 0.5::numeric(4, 3) as standard_error,
    2::bigint as item_count, 'self_report' as source,
    timestamptz '2026-02-01 09:05+00' + (p % 150) * interval '1 day' as recorded_at
from generate_series(1, {applications} / 5) p
cross join (values ('openness', 1), ('conscientiousness', 2), ('extraversion', 3), ('agreeableness', 4),
    ('neuroticism', 5)) t (trait, number);
create table bench_source.resumes as
select r || '-resume' as resume_id, md5((1 + r / 5 % greatest(1, {applications} / 5))::text) as person_key,
    r || '-ad' as job_ad_id, r || '-draw' as framing_draw_id,
    (array['neutral', 'inventive', 'structured', 'energetic', 'collaborative', 'steady'])[1 + r % 6] as framing_used,
    (array['classic', 'modern', 'minimal'])[1 + r % 3] as pdf_template, 'A4' as page_size, 'en' as language,
    (array['vertex', 'composer'])[1 + r % 2] as provider, case when r % 2 = 0 then 'gemini-2.5-flash' end as model,
    '1' as prompt_version, false as degraded, 1::bigint as current_version, r % 4 as viewed_count,
    r % 2 as shared_count, r % 3 as downloaded_count,
    timestamptz '2026-02-02 11:00+00' + (r % 280) * interval '1 day' as first_downloaded_at,
    null::timestamptz as last_viewed_at, timestamptz '2026-02-02 10:00+00' + (r % 280) * interval '1 day' as created_at
from generate_series(1::bigint, {applications}) r;
create table bench_source.job_ads as
select job_ad_id, person_key,
    (array['software_engineering', 'data', 'design', 'marketing', 'sales', 'finance', 'legal', 'health'])
        [1 + (hashtext(job_ad_id) & 7)] as job_family,
    (array['junior', 'middle', 'senior'])[1 + (hashtext(job_ad_id) & 1023) % 3] as seniority,
    (array['us', 'de', 'uk', 'ca'])[1 + (hashtext(job_ad_id) & 63) / 16] as region,
    null::text as body_text, null::text as analysis, created_at
from bench_source.resumes;
create table bench_source.framing_draws as
select framing_draw_id, person_key, job_ad_id, framing_used as framing, false as named_by_person,
    null::text as probabilities, 0.166666667::numeric(10, 9) as probability, 'uniform-1' as policy_version,
    created_at as drawn_at, null::text as model_drawn, null::numeric(10, 9) as model_probability
from bench_source.resumes;
create table bench_source.resume_versions (
    resume_version_id text, resume_id text, person_key text, version bigint, body_markdown text, content text,
    profile_facts text, trait_bands text, source text, training_eligible boolean, created_at timestamptz, former_person_keys text
);
create table bench_source.check_ins as
select r.resume_id || d as check_in_id, r.resume_id, r.person_key, d::bigint as day,
    r.created_at + d * interval '1 day' as due_at, r.created_at + d * interval '1 day' as sent_at,
    case when hashtext(r.person_key) % 5 < 2 then r.created_at + (d + 1) * interval '1 day' end as answered_at,
    r.created_at
from bench_source.resumes r cross join (values (14), (30), (60), (90)) as days (d);
create table bench_source.outcome_events as
with outcomes as (
    select r.*, n.number,
        floor(-ln(1e-9 + bench_source.chance(n.number, 7)) / 0.008)::int as interview_day,
        floor(-ln(1e-9 + bench_source.chance(n.number, 8)) / 0.010)::int as rejection_day
    from bench_source.resumes r
    cross join lateral (select split_part(r.resume_id, '-', 1)::bigint as number) n
)
select resume_id || '-1' as outcome_event_id, resume_id, person_key, 'applied' as kind, null::text as retracts,
    created_at as occurred_at, null::numeric(14, 2) as salary_amount, null::text as salary_currency,
    null::text as salary_period, null::text as salary_basis, null::numeric(4, 3) as full_time_share,
    'report' as source, null::text as check_in_id, created_at as recorded_at
from outcomes where number % 2 = 0
union all
select resume_id || '-2', resume_id, person_key,
    case when interview_day <= rejection_day then 'interview' else 'rejected' end, null,
    created_at + least(interview_day, rejection_day) * interval '1 day', null, null, null, null, null, 'report', null,
    created_at + (1 + least(interview_day, rejection_day)) * interval '1 day'
from outcomes where least(interview_day, rejection_day) < 200
union all
select resume_id || '-3', resume_id, person_key, 'offer', null, created_at + (interview_day + 20) * interval '1 day',
    (60000 + 60000 * bench_source.chance(number, 9))::numeric(14, 2), 'USD', 'year', 'gross', null, 'report', null,
    created_at + (interview_day + 21) * interval '1 day'
from outcomes where interview_day <= rejection_day and interview_day < 150 and number % 3 = 0;
create table bench_source.exchange_rates (
    exchange_rate_id text, currency text, month date, usd_per_unit numeric(20, 12), is_sample boolean,
    loaded_at timestamptz
);
grant usage on schema bench_source to cvstomize_pipeline;
grant select on all tables in schema bench_source to cvstomize_pipeline;
analyze bench_source.people, bench_source.traits, bench_source.resumes, bench_source.job_ads,
    bench_source.framing_draws, bench_source.check_ins, bench_source.outcome_events;
