{{ config(grants=mart_readers()) }}
-- How soon applications lead to an interview. One row per group and horizon; withheld rows are listed with NULLs.
with

every_group as (
    select group_by, group_value from {{ ref('int_incidence_people') }}
    union distinct
    {{ listed_incidence_groups() }}
),

horizons as (
    {%- for horizon in incidence_horizons() %}
    select {{ as_bigint(horizon) }} as horizon_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        every_group.group_by,
        every_group.group_value,
        horizons.horizon_days,
        {{ published_count('coalesce(exact.people_answered, 0)') }} as people,
        {{ published_count('coalesce(exact.people_everyone, 0)') }} as people_with_silent,
        {{ published_count('coalesce(exact.applications_answered, 0)') }} as applications,
        {{ published_count('coalesce(exact.people_at_risk, 0)') }} as people_at_risk,
        exact.incidence,
        exact.lower_95,
        exact.upper_95,
        exact.incidence_lower_bound,
        exact.lower_95_lower_bound,
        exact.upper_95_lower_bound,
        exact.response_rate,
        exact.days_to_half,
        exact.area_to_day_90,
        {{ published_count('coalesce(exact.people_asked, 0)') }} as people_asked,
        case
            when exact.people_answered >= {{ cell_people() }} and exact.people_at_risk >= {{ at_risk_people() }}
                then 'published'
            else 'withheld'
        end as status
    from every_group
    cross join horizons
    left join {{ ref('int_time_to_interview') }} as exact
        on exact.group_by = every_group.group_by
        and exact.group_value = every_group.group_value
        and exact.horizon_days = horizons.horizon_days
)

select
    group_by,
    group_value,
    horizon_days,
    status,
    {{ if_published('people') }} as people,
    {{ if_published('applications') }} as applications,
    {{ if_published('people_at_risk') }} as people_at_risk,
    {{ if_published(published_rate('incidence', 'people')) }} as incidence,
    {{ if_published(published_rate('lower_95', 'people', 'down')) }} as lower_95,
    {{ if_published(published_rate('upper_95', 'people', 'up')) }} as upper_95,
    {{ if_published('people_with_silent') }} as people_with_silent,
    {{ if_published(published_rate('incidence_lower_bound', 'people_with_silent')) }} as incidence_lower_bound,
    {{ if_published(published_rate('lower_95_lower_bound', 'people_with_silent', 'down')) }}
        as lower_95_lower_bound,
    {{ if_published(published_rate('upper_95_lower_bound', 'people_with_silent', 'up')) }}
        as upper_95_lower_bound,
    {{ if_published(published_rate('response_rate', 'people_asked')) }} as response_rate,
    {{ if_published('days_to_half') }} as days_to_half,
    {{ if_published("case when days_to_half is null then 'not_reached' else 'reached' end") }} as half_status,
    cast({{ if_published('90 * ' ~ published_rate('area_to_day_90 / 90.0', 'people')) }} as numeric(9, 3))
        as area_to_day_90,
    {{ mart_moments() }}
from judged
