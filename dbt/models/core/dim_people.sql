-- One row per pseudonymous person known at `as_of`. Consent is the present one: what was withdrawn is gone at every
-- `as_of` (D12).
with

newest_traits as (
    select trait_states.*
    from {{ ref('int_trait_states') }} as trait_states
    where trait_states.valid_to = cast('9999-12-31' as date)
),

applications as (
    select
        person_key,
        count(*) as applications,
        min(time_zero) as first_time_zero,
        max(case when answered_scheduled_check_in then 1 else 0 end) as has_answered,
        max(case when asked_by_check_in then 1 else 0 end) as was_asked
    from {{ ref('fct_applications') }}
    group by person_key
)

select
    people.person_key,
    people.registered_at,
    people.training_granted,
    people.training_policy_version,
    {% for trait in traits() -%}
    coalesce(newest_traits.{{ trait }}_band, 'unknown') as {{ trait }}_band,
    {% endfor -%}
    coalesce(applications.applications, 0) as applications,
    applications.first_time_zero,
    coalesce(applications.was_asked, 0) = 1 as asked_by_check_in,
    coalesce(applications.has_answered, 0) = 1 as answered_scheduled_check_in
from {{ ref('stg_people') }} as people
left join newest_traits on newest_traits.person_key = people.person_key
left join applications on applications.person_key = people.person_key
where people.registered_at <= {{ moment(as_of_moment()) }}
