{{ config(grants=mart_readers()) }}
-- The framing experiment: what each drawn framing led to, and its difference to the neutral one.
{%- set published_people = published_count('exact.people') %}
with

every_arm as (
    select
        populations.population,
        outcomes.outcome,
        outcomes.horizon_days,
        framings.group_value as framing
    from {{ ref('listed_groups') }} as framings
    cross join (select 'answered' as population union all select 'everyone' as population) as populations
    cross join (
        {%- for outcome, day_column, horizon in framing_outcome_horizons() %}
        select '{{ outcome }}' as outcome, {{ as_bigint(horizon) }} as horizon_days
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as outcomes
    where framings.group_by = 'framing'
),

judged as (
    select
        every_arm.population,
        every_arm.outcome,
        every_arm.horizon_days,
        every_arm.framing,
        {{ published_count('coalesce(exact.people, 0)') }} as people,
        {{ published_count('coalesce(exact.applications, 0)') }} as applications,
        {{ published_count('coalesce(exact.applications_unknown, 0)') }} as applications_unknown,
        {{ published_count('coalesce(exact.applications_overridden, 0)') }} as applications_overridden,
        {{ published_count('coalesce(exact.people_asked, 0)') }} as people_asked,
        {{ published_count('case when exact.control_people < exact.people then exact.control_people else exact.people end') }}
            as compared_people,
        exact.response_rate,
        exact.incidence,
        -- With nobody or everybody reached there is no spread to go by: exact limits for the published people.
        case
            when exact.incidence >= 1.0 - 1e-12
                then {{ incidence_bound('exact.incidence', 'exact.standard_error', published_people, 'lower') }}
            else exact.incidence - 1.959964 * exact.standard_error
        end as lower_95,
        case
            when exact.incidence <= 1e-12
                then {{ incidence_bound('exact.incidence', 'exact.standard_error', published_people, 'upper') }}
            else exact.incidence + 1.959964 * exact.standard_error
        end as upper_95,
        exact.difference,
        exact.difference - 1.959964 * exact.difference_standard_error as difference_lower_95,
        exact.difference + 1.959964 * exact.difference_standard_error as difference_upper_95,
        exact.smallest_detectable,
        exact.p_value,
        exact.adjusted_p,
        exact.family_size,
        case when exact.people >= {{ cell_people() }} then 'published' else 'withheld' end as status,
        case
            when every_arm.framing = 'neutral' then 'control'
            when exact.p_value is null then 'withheld'
            when exact.lowest_response_rate < 0.3 or exact.lowest_response_rate is null then 'withheld_low_response'
            else 'published'
        end as comparison_status
    from every_arm
    left join {{ ref('int_framing_outcomes') }} as exact
        on exact.population = every_arm.population
        and exact.outcome = every_arm.outcome
        and exact.framing = every_arm.framing
)

select
    population,
    outcome,
    horizon_days,
    framing,
    status,
    {{ if_published('people') }} as people,
    {{ if_published('applications') }} as applications,
    {{ if_published('applications_unknown') }} as applications_unknown,
    {{ if_published('applications_overridden') }} as applications_overridden,
    {{ if_published(published_rate('response_rate', 'people_asked')) }} as response_rate,
    {{ if_published(published_rate('incidence', 'people')) }} as incidence,
    {{ if_published(published_rate('lower_95', 'people', 'down')) }} as lower_95,
    {{ if_published(published_rate('upper_95', 'people', 'up')) }} as upper_95,
    comparison_status,
    {% for column, direction in [
        ('difference', 'nearest'), ('difference_lower_95', 'down'), ('difference_upper_95', 'up'),
        ('smallest_detectable', 'up'),
    ] -%}
    case when comparison_status = 'published' then {{ published_rate(column, 'compared_people', direction, '-1.0') }} end
        as {{ column }},
    {% endfor -%}
    cast(case when comparison_status = 'published' then {{ tidy(on_grid('p_value', '0.01', 'up'), 2) }} end as numeric(9, 3))
        as p_value,
    case when comparison_status = 'published' then adjusted_p <= 0.10 end as stands_out,
    case when comparison_status = 'published' then family_size end as family_size,
    {{ mart_moments() }}
from judged
