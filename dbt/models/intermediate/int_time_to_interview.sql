{{ config(**working_table()) }}
-- The figures of time_to_interview before disclosure control: exact, for the pipeline only.
with

horizons as (
    {%- for horizon in incidence_horizons() %}
    select
        people.group_by,
        people.group_value,
        {{ as_bigint(horizon) }} as horizon_days,
        people.people_everyone,
        people.people_answered,
        people.people_asked,
        people.applications_answered,
        people.applications_everyone,
        people.people_at_risk_{{ horizon }} as people_at_risk,
        answered.incidence_{{ horizon }} as incidence,
        sqrt(people.variance_answered_{{ horizon }}) as standard_error,
        everyone.incidence_{{ horizon }} as incidence_lower_bound,
        sqrt(people.variance_everyone_{{ horizon }}) as standard_error_lower_bound
    from {{ ref('int_incidence_people') }} as people
    inner join {{ ref('int_incidence_horizons') }} as everyone
        on everyone.group_by = people.group_by
        and everyone.group_value = people.group_value
        and everyone.population = 'everyone'
    left join {{ ref('int_incidence_horizons') }} as answered
        on answered.group_by = people.group_by
        and answered.group_value = people.group_value
        and answered.population = 'answered'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

steps as (
    select
        group_by,
        group_value,
        day,
        incidence,
        survival_before * events / at_risk as incidence_step
    from {{ ref('int_incidence_curves') }}
    where population = 'answered'
),

summaries as (
    -- The area is that of the step function up to day 90; a value within 1e-12 of a half counts as half.
    select
        group_by,
        group_value,
        min(case when incidence >= 0.5 - 1e-12 then day end) as days_to_half,
        sum(case when day < 90 then (90.0 - day) * incidence_step else 0.0 end) as area_to_day_90
    from steps
    group by group_by, group_value
)

select
    horizons.group_by,
    horizons.group_value,
    horizons.horizon_days,
    horizons.people_everyone,
    horizons.people_answered,
    horizons.people_asked,
    horizons.applications_answered,
    horizons.applications_everyone,
    horizons.people_at_risk,
    horizons.incidence,
    horizons.standard_error,
    {{ incidence_bound('horizons.incidence', 'horizons.standard_error',
        '5 * floor(horizons.people_answered / 5.0)', 'lower') }} as lower_95,
    {{ incidence_bound('horizons.incidence', 'horizons.standard_error',
        '5 * floor(horizons.people_answered / 5.0)', 'upper') }} as upper_95,
    horizons.incidence_lower_bound,
    {{ incidence_bound('horizons.incidence_lower_bound', 'horizons.standard_error_lower_bound',
        '5 * floor(horizons.people_everyone / 5.0)', 'lower') }} as lower_95_lower_bound,
    {{ incidence_bound('horizons.incidence_lower_bound', 'horizons.standard_error_lower_bound',
        '5 * floor(horizons.people_everyone / 5.0)', 'upper') }} as upper_95_lower_bound,
    case
        when horizons.people_asked > 0
            then {{ as_float('horizons.people_answered') }} / {{ as_float('horizons.people_asked') }}
    end as response_rate,
    summaries.days_to_half,
    summaries.area_to_day_90
from horizons
left join summaries on summaries.group_by = horizons.group_by and summaries.group_value = horizons.group_value
