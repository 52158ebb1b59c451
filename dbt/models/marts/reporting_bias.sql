{{ config(grants=mart_readers()) }}
-- Who answers when asked, by group. A group whose response rate is under 30 % should not be compared with others.
with

every_group as (
    select group_by, group_value from {{ ref('int_reporting_bias') }}
    union distinct
    select listed.group_by, listed.group_value from ({{ listed_stage_groups() }}) as listed
),

judged as (
    select
        every_group.group_by,
        every_group.group_value,
        {{ published_count('coalesce(exact.people_asked, 0)') }} as people_asked,
        {{ published_count('coalesce(exact.people_answered, 0)') }} as people_answered,
        {{ published_count('coalesce(exact.people_silent, 0)') }} as people_silent,
        exact.response_rate,
        {{ wilson_bound('exact.response_rate', '0.0', 'exact.people_asked', 'lower') }} as lower_95,
        {{ wilson_bound('exact.response_rate', '0.0', 'exact.people_asked', 'upper') }} as upper_95,
        case when exact.response_rate >= 0.3 then exact.answered_with_interview end as answered_with_interview,
        case when exact.response_rate >= 0.3 then exact.silent_with_interview end as silent_with_interview,
        case when exact.response_rate >= 0.3 then exact.silent_with_rejection end as silent_with_rejection,
        case when exact.people_asked >= {{ cell_people() }} then 'published' else 'withheld' end as status,
        case
            when exact.people_asked >= {{ cell_people() }} and exact.response_rate >= 0.3 then 'published'
            when exact.people_asked >= {{ cell_people() }} then 'withheld_low_response'
            else 'withheld'
        end as comparison_status
    from every_group
    left join {{ ref('int_reporting_bias') }} as exact
        on exact.group_by = every_group.group_by
        and exact.group_value = every_group.group_value
)

select
    group_by,
    group_value,
    status,
    {{ if_published('people_asked') }} as people_asked,
    {{ if_published('people_answered') }} as people_answered,
    {{ if_published(published_rate('response_rate', 'people_asked')) }} as response_rate,
    {{ if_published(published_rate('lower_95', 'people_asked', 'down')) }} as lower_95,
    {{ if_published(published_rate('upper_95', 'people_asked', 'up')) }} as upper_95,
    comparison_status,
    {{ if_published(published_rate('answered_with_interview', 'people_answered')) }} as answered_with_interview,
    {{ if_published(published_rate('silent_with_interview', 'people_silent')) }} as silent_with_interview,
    {{ if_published(published_rate('silent_with_rejection', 'people_silent')) }} as silent_with_rejection,
    {{ mart_moments() }}
from judged
