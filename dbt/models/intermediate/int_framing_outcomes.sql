{{ config(**working_table()) }}
-- The framing experiment before disclosure control. By the framing drawn (intention to treat), each application weighted
-- by one over its logged probability (Hajek), variance clustered by person.
with

outcomes as (
    {%- for outcome, day_column, horizon in framing_outcome_horizons() %}
    select
        '{{ outcome }}' as outcome,
        {{ as_bigint(horizon) }} as horizon_days,
        person_key,
        framing_drawn,
        case when framing_overridden then 1 else 0 end as overridden,
        case when answered_scheduled_check_in then 1 else 0 end as answered,
        case when asked_by_check_in or answered_scheduled_check_in then 1 else 0 end as asked,
        1.0 / framing_probability as weight,
        case when {{ day_column }} >= 0 and {{ day_column }} <= {{ horizon }} then 1.0 else 0.0 end as reached,
        -- Known: reached, ended without it, heard of at the horizon or later, or dated after the horizon.
        case
            when {{ day_column }} >= 0 then 1
            when rejected_day <= {{ horizon }} or withdrawn_day <= {{ horizon }} then 1
            when last_answer_day >= {{ horizon }} then 1
            when rejected_day > {{ horizon }} or withdrawn_day > {{ horizon }} then 1
            else 0
        end as status_known
    from {{ ref('int_published_applications') }}
    where framing_drawn is not null
        and framing_probability > 0
        and excluded_reason is null
        and follow_up_days >= {{ horizon }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

by_person as (
    -- Everything below needs only these sums, so the applications are read once.
    select
        populations.population,
        outcomes.outcome,
        outcomes.horizon_days,
        outcomes.framing_drawn,
        outcomes.person_key,
        max(outcomes.answered) as answered,
        max(outcomes.asked) as asked,
        count(*) as applications,
        sum(outcomes.overridden) as overridden,
        sum(1 - outcomes.status_known) as status_unknown,
        sum(outcomes.weight) as weight,
        sum(outcomes.weight * outcomes.reached) as weighted_reached
    from outcomes
    cross join (select 'answered' as population union all select 'everyone' as population) as populations
    where populations.population = 'everyone' or (outcomes.answered = 1 and outcomes.status_known = 1)
    group by 1, 2, 3, 4, 5
),

arms as (
    select
        population,
        outcome,
        horizon_days,
        framing_drawn,
        sum(weight) as arm_weight,
        sum(weighted_reached) / sum(weight) as incidence,
        sum(applications) as applications,
        count(*) as people,
        sum(overridden) as overridden,
        sum(status_unknown) as status_unknown
    from by_person
    group by population, outcome, horizon_days, framing_drawn
),

influences as (
    -- One person's influence on the mean of each arm.
    select
        by_person.population,
        by_person.outcome,
        by_person.person_key,
        by_person.framing_drawn,
        (by_person.weighted_reached - arms.incidence * by_person.weight) / arms.arm_weight as influence
    from by_person
    inner join arms
        on arms.population = by_person.population
        and arms.outcome = by_person.outcome
        and arms.framing_drawn = by_person.framing_drawn
),

paired as (
    -- A person with applications in both arms ties the two means together.
    select
        population,
        outcome,
        framing_drawn,
        influence,
        max(case when framing_drawn = 'neutral' then influence end) over (
            partition by population, outcome, person_key
        ) as control_influence
    from influences
),

arm_variances as (
    select
        population,
        outcome,
        framing_drawn,
        sum(influence * influence) as variance,
        sum(influence * coalesce(control_influence, 0.0)) as covariance
    from paired
    group by population, outcome, framing_drawn
),

asked_people as (
    select
        outcome,
        framing_drawn,
        sum(answered) as people_answered,
        sum(asked) as people_asked
    from by_person
    where population = 'everyone'
    group by outcome, framing_drawn
),

compared as (
    select
        arms.population,
        arms.outcome,
        arms.horizon_days,
        arms.framing_drawn,
        arms.applications,
        arms.people,
        arms.overridden,
        arms.status_unknown,
        arms.incidence,
        sqrt(arm_variances.variance) as standard_error,
        control.people as control_people,
        asked_people.people_asked,
        {{ as_float('asked_people.people_answered') }}
        / case when asked_people.people_asked > 0 then {{ as_float('asked_people.people_asked') }} end as response_rate,
        case when arms.framing_drawn <> 'neutral' then arms.incidence - control.incidence end as difference,
        case
            when arms.framing_drawn <> 'neutral'
                then sqrt(greatest(
                    0.0,
                    arm_variances.variance + control_variances.variance
                    - 2.0 * arm_variances.covariance
                ))
        end as difference_standard_error
    from arms
    inner join arm_variances
        on arm_variances.population = arms.population
        and arm_variances.outcome = arms.outcome
        and arm_variances.framing_drawn = arms.framing_drawn
    left join arms as control
        on control.population = arms.population and control.outcome = arms.outcome
        and control.framing_drawn = 'neutral'
    left join arm_variances as control_variances
        on control_variances.population = arms.population and control_variances.outcome = arms.outcome
        and control_variances.framing_drawn = 'neutral'
    left join asked_people
        on asked_people.outcome = arms.outcome and asked_people.framing_drawn = arms.framing_drawn
),

tested as (
    select
        compared.*,
        case
            when difference_standard_error > 1e-12
                and people >= {{ cell_people() }} and control_people >= {{ cell_people() }}
                then {{ two_sided_p('(difference / difference_standard_error)') }}
        end as p_value
    from compared
),

ordered as (
    select
        tested.*,
        count(p_value) over (partition by population, outcome) as family_size,
        row_number() over (
            partition by population, outcome
            order by case when p_value is null then 1 else 0 end, p_value, framing_drawn
        ) as p_rank
    from tested
)

select
    population,
    outcome,
    horizon_days,
    framing_drawn as framing,
    {{ as_bigint('people') }} as people,
    {{ as_bigint('applications') }} as applications,
    {{ as_bigint('overridden') }} as applications_overridden,
    {{ as_bigint('status_unknown') }} as applications_unknown,
    {{ as_bigint('people_asked') }} as people_asked,
    {{ as_bigint('control_people') }} as control_people,
    response_rate,
    min(response_rate) over (partition by population, outcome) as lowest_response_rate,
    incidence,
    standard_error,
    difference,
    difference_standard_error,
    2.801585 * difference_standard_error as smallest_detectable,
    p_value,
    {{ as_bigint('family_size') }} as family_size,
    -- Benjamini & Hochberg 1995: the smallest p m / i from this rank on.
    case
        when p_value is not null
            then least(1.0, min(p_value * family_size / p_rank) over (
                partition by population, outcome
                order by p_rank desc
                rows between unbounded preceding and current row
            ))
    end as adjusted_p
from ordered
