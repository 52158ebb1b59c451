{{ config(**working_table()) }}
-- The framing experiment before disclosure control. By the framing drawn (intention to treat), each application weighted
-- by one over its logged probability (Hajek), variance clustered by person.
with

arms as (
    -- Sums over people; `reached` and `weight` are a person's sums within the arm.
    {%- for outcome, _, horizon in framing_outcome_horizons() %}
    {%- for population in ['answered', 'everyone'] %}
    {%- set of = outcome ~ '_' ~ population %}
    select
        '{{ population }}' as population,
        '{{ outcome }}' as outcome,
        {{ as_bigint(horizon) }} as horizon_days,
        framing_drawn,
        sum({{ of }}_applications) as applications,
        sum(case when {{ of }}_applications > 0 then 1 else 0 end) as people,
        sum({{ of }}_overridden) as overridden,
        sum({{ of }}_unknown) as status_unknown,
        sum(case when {{ outcome }}_everyone_applications > 0 then answered else 0 end) as people_answered,
        sum(case when {{ outcome }}_everyone_applications > 0 then asked else 0 end) as people_asked,
        sum({{ of }}_weight) as weight,
        sum({{ of }}_reached) / sum({{ of }}_weight) as incidence,
        sum({{ of }}_reached * {{ of }}_reached) as reached_reached,
        sum({{ of }}_reached * {{ of }}_weight) as reached_weight,
        sum({{ of }}_weight * {{ of }}_weight) as weight_weight
    from {{ ref('int_framing_people') }}
    where {{ of }}_applications + {{ of }}_unknown > 0
    group by framing_drawn
    having sum({{ of }}_applications) > 0
    {{ 'union all' if not (loop.last and outcome == 'offer') }}
    {%- endfor %}
    {%- endfor %}
),

shared as (
    -- A person with applications in an arm and in the control ties the two means together.
    select
        arm.framing_drawn
        {%- for outcome, _, _ in framing_outcome_horizons() %}
        {%- for population in ['answered', 'everyone'] %}
        {%- set of = outcome ~ '_' ~ population %}
        {%- for one in ['reached', 'weight'] %}
        {%- for other in ['reached', 'weight'] %},
        sum(arm.{{ of }}_{{ one }} * control.{{ of }}_{{ other }}) as {{ of }}_{{ one }}_{{ other }}
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
    from {{ ref('int_framing_people') }} as arm
    inner join (
        select * from {{ ref('int_framing_people') }} where framing_drawn = 'neutral'
    ) as control
        on control.person_key = arm.person_key
    where arm.framing_drawn <> 'neutral'
    group by arm.framing_drawn
),

products as (
    {%- for outcome, _, _ in framing_outcome_horizons() %}
    {%- for population in ['answered', 'everyone'] %}
    select
        '{{ population }}' as population,
        '{{ outcome }}' as outcome,
        framing_drawn
        {%- for pair in ['reached_reached', 'reached_weight', 'weight_reached', 'weight_weight'] %},
        {{ outcome }}_{{ population }}_{{ pair }} as {{ pair }}
        {%- endfor %}
    from shared
    {{ 'union all' if not (loop.last and outcome == 'offer') }}
    {%- endfor %}
    {%- endfor %}
),

judged_arms as (
    -- A person's influence on the mean of an arm is (reached - incidence weight) / weight of the arm; its square, summed:
    select
        arms.*,
        greatest(
            0.0,
            (reached_reached - 2.0 * incidence * reached_weight + incidence * incidence * weight_weight)
            / weight / weight
        ) as variance
    from arms
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
        sqrt(arms.variance) as standard_error,
        control.people as control_people,
        asked.people_asked,
        {{ ratio('asked.people_answered', 'asked.people_asked') }} as response_rate,
        case when arms.framing_drawn <> 'neutral' then arms.incidence - control.incidence end as difference,
        case
            when arms.framing_drawn <> 'neutral'
                then sqrt(greatest(
                    0.0,
                    arms.variance + control.variance
                    - 2.0 * coalesce(
                        (
                            products.reached_reached - control.incidence * products.reached_weight
                            - arms.incidence * products.weight_reached
                            + arms.incidence * control.incidence * products.weight_weight
                        ) / arms.weight / control.weight,
                        0.0
                    )
                ))
        end as difference_standard_error
    from judged_arms as arms
    left join judged_arms as control
        on control.population = arms.population and control.outcome = arms.outcome
        and control.framing_drawn = 'neutral'
    left join judged_arms as asked
        on asked.population = 'everyone' and asked.outcome = arms.outcome and asked.framing_drawn = arms.framing_drawn
    left join products
        on products.population = arms.population and products.outcome = arms.outcome
        and products.framing_drawn = arms.framing_drawn
),

tested as (
    select
        compared.*,
        case
            -- Below 1e-8 it is noise of the arithmetic: a single event among a million people gives 1e-6.
            when difference_standard_error > 1e-8
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
