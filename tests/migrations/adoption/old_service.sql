-- The database of the service that is replaced, stopped half-way through its migrations: `pdf_template` was added, the
-- outcome columns were not. Its tables belong to the service's own role; names are camelCase, times have no zone.
create table public._prisma_migrations (
    id varchar(36) primary key, migration_name varchar(255) not null, finished_at timestamptz, logs text
);
insert into public._prisma_migrations values
    ('1', '20240101000000_init', now(), null),
    ('2', '20240201000000_add_pdf_template', now(), null),
    ('3', '20240301000000_add_outcomes', null, 'must be owner of table resumes');
create table public.users (
    id text primary key, email text not null, "displayName" text, "firebaseUid" text, "createdAt" timestamp(3) not null default now()
);
create table public.resumes (
    id text primary key,
    "userId" text not null references public.users (id),
    title text,
    "resumeMarkdown" text,
    "jobDescription" text,
    "pdfUrl" text,
    pdf_template text default 'classic',
    "createdAt" timestamp(3) not null default now(),
    "updatedAt" timestamp(3) not null default now()
);
create index "resumes_userId_idx" on public.resumes ("userId");
insert into public.users values
    ('clu000001', 'ada@example.com', 'Ada Example', 'firebase-ada', '2024-03-31 01:30:00'),
    ('clu000002', 'ADA@example.com', 'Ada Again', null, '2024-04-01 00:00:00'),
    ('3f2504e0-4f89-41d3-9a0c-0305e82c3301', 'bo@example.com', null, 'firebase-bo', '2024-10-27 02:30:00');
insert into public.resumes (id, "userId", title, "resumeMarkdown", "jobDescription", pdf_template, "createdAt", "updatedAt")
select 'clr' || n, case n % 3 when 0 then 'clu000001' when 1 then 'clu000002' else '3f2504e0-4f89-41d3-9a0c-0305e82c3301' end,
    case when n % 7 = 0 then '' else 'Resume ' || n end,
    case when n % 50 = 0 then null else '# Resume ' || n || E'\n\n- C# and 日本語: %s, :colon' end,
    case when n % 2 = 0 then 'A job' end,
    case n % 4 when 0 then 'classic' when 1 then 'modern' when 2 then 'fancy' else null end,
    timestamp '2024-03-31 00:00:00' + n * interval '7 minutes 0.123 seconds', timestamp '2024-10-27 02:30:00'
from generate_series(1, 2500) n;
insert into public.resumes (id, "userId", title, "resumeMarkdown", "createdAt")
values ('0f8fad5b-d9cb-469f-a165-70867728950e', 'clu000001', 'Kept id', '# Kept', '2024-03-31 02:30:00');
