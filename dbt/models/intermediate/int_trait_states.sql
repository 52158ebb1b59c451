{{ config(**working_table()) }}
-- The bands of a person's five traits on the days between two measurements. The first measurement also holds for the
-- time before it; `measured_at` says when it was really known.
with

scores as (
    select
        person_key,
        trait,
        score,
        recorded_at,
        {{ utc_date('recorded_at') }} as recorded_on,
        row_number() over (
            partition by person_key, trait, {{ utc_date('recorded_at') }}
            order by recorded_at desc, trait_score_id desc
        ) as newest_of_day
    from {{ ref('stg_traits') }}
    where recorded_at <= {{ moment(as_of_moment()) }}
),

days as (
    -- What was measured on a day: the number of each trait's band (0 low, 1 middle, 2 high), NULL where none was.
    select
        scores.person_key,
        scores.recorded_on,
        max(scores.recorded_at) as measured_at
        {%- for trait in traits() %},
        max(case
            when scores.trait <> '{{ trait }}' then null
            when scores.score <= bands.low_upper then 0
            when scores.score >= bands.high_lower then 2
            else 1
        end) as {{ trait }}
        {%- endfor %}
    from scores
    inner join {{ ref('trait_bands') }} as bands on bands.trait = scores.trait
    where scores.newest_of_day = 1
    group by scores.person_key, scores.recorded_on
),

numbered as (
    select
        days.*,
        row_number() over (partition by person_key order by recorded_on) as day_number,
        lead(recorded_on) over (partition by person_key order by recorded_on) as next_recorded_on
    from days
),

in_force as (
    -- A band holds until its trait is measured again: the day counts before the band, so the greatest is the newest.
    select
        person_key,
        recorded_on,
        measured_at,
        day_number,
        next_recorded_on
        {%- for trait in traits() %},
        max(3 * day_number + {{ trait }}) over (
            partition by person_key order by recorded_on rows between unbounded preceding and current row
        ) as {{ trait }}
        {%- endfor %}
    from numbered
)

select
    person_key,
    measured_at,
    case when day_number = 1 then cast('0001-01-01' as date) else recorded_on end as valid_from,
    coalesce(next_recorded_on, cast('9999-12-31' as date)) as valid_to
    {%- for trait in traits() %},
    case mod({{ trait }}, 3) when 0 then 'low' when 1 then 'middle' when 2 then 'high' end as {{ trait }}_band
    {%- endfor %}
from in_force
