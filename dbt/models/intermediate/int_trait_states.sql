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

banded as (
    select
        scores.person_key,
        scores.trait,
        scores.recorded_on,
        scores.recorded_at,
        case
            when scores.score <= bands.low_upper then 'low'
            when scores.score >= bands.high_lower then 'high'
            else 'middle'
        end as band
    from scores
    inner join {{ ref('trait_bands') }} as bands on bands.trait = scores.trait
    where scores.newest_of_day = 1
),

days as (
    select
        person_key,
        recorded_on,
        max(recorded_at) as measured_at,
        row_number() over (partition by person_key order by recorded_on) as day_number,
        lead(recorded_on) over (partition by person_key order by recorded_on) as next_recorded_on
    from banded
    group by person_key, recorded_on
),

in_force as (
    select
        days.person_key,
        days.recorded_on,
        banded.trait,
        banded.band,
        row_number() over (
            partition by days.person_key, days.recorded_on, banded.trait
            order by banded.recorded_on desc
        ) as newest
    from days
    inner join banded
        on banded.person_key = days.person_key
        and banded.recorded_on <= days.recorded_on
),

pivoted as (
    select
        person_key,
        recorded_on,
        {% for trait in traits() -%}
        max(case when trait = '{{ trait }}' then band end) as {{ trait }}_band{{ ',' if not loop.last }}
        {% endfor %}
    from in_force
    where newest = 1
    group by person_key, recorded_on
)

select
    days.person_key,
    days.measured_at,
    case when days.day_number = 1 then cast('0001-01-01' as date) else days.recorded_on end as valid_from,
    coalesce(days.next_recorded_on, cast('9999-12-31' as date)) as valid_to,
    {% for trait in traits() -%}
    pivoted.{{ trait }}_band{{ ',' if not loop.last }}
    {% endfor %}
from days
inner join pivoted on pivoted.person_key = days.person_key and pivoted.recorded_on = days.recorded_on
