-- One row per reported event known at `as_of`, with whether it still holds.
with

numbered as (
    select
        events.*,
        row_number() over (
            partition by events.resume_id, coalesce(events.retracts, events.kind)
            order by events.recorded_at desc, events.outcome_event_id desc
        ) as newest
    from {{ ref('stg_outcome_events') }} as events
    where events.recorded_at <= {{ moment(as_of_moment()) }}
)

select
    numbered.outcome_event_id,
    numbered.resume_id,
    numbered.person_key,
    numbered.kind,
    numbered.retracts,
    numbered.occurred_at,
    numbered.recorded_at,
    coalesce(numbered.occurred_at, numbered.recorded_at) as happened_at,
    case when numbered.occurred_at is null then 'recorded' else 'occurred' end as date_source,
    numbered.newest = 1 and numbered.kind <> 'retracted' as is_current,
    {{ days_between(utc_date('applications.time_zero'), utc_date('coalesce(numbered.occurred_at, numbered.recorded_at)')) }}
        as days_since_time_zero,
    numbered.salary_amount,
    numbered.salary_currency,
    numbered.salary_period,
    numbered.salary_basis,
    numbered.full_time_share,
    numbered.event_source,
    numbered.check_in_id
from numbered
inner join {{ ref('fct_applications') }} as applications on applications.resume_id = numbered.resume_id
