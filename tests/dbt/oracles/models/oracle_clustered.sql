{%- set horizons = incidence_horizons() -%}
with

horizons as (
    {{ incidence_at_horizons(ref('oracle_subject_curves'), ['dataset'], horizons) }}
),

influences as (
    {{ incidence_influence(ref('oracle_subject_curves'), 'horizons', ['dataset'], horizons) }}
),

by_person as (
    select
        subjects.dataset,
        subjects.person
        {%- for horizon in horizons %},
        sum(influences.influence_{{ horizon }}) as influence_{{ horizon }}
        {%- endfor %}
    from {{ ref('oracle_subjects') }} as subjects
    inner join influences
        on influences.dataset = subjects.dataset
        and influences.day = subjects.day
        and influences.ending = subjects.ending
    group by subjects.dataset, subjects.person
),

figures as (
    {%- for horizon in horizons %}
    select
        by_person.dataset,
        {{ horizon }} as horizon_days,
        count(*) as people,
        max(horizons.incidence_{{ horizon }}) as incidence,
        sqrt(sum(by_person.influence_{{ horizon }} * by_person.influence_{{ horizon }})) as standard_error
    from by_person
    inner join horizons on horizons.dataset = by_person.dataset
    group by by_person.dataset
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    figures.*,
    {{ incidence_bound('incidence', 'standard_error', 'people', 'lower') }} as lower_95,
    {{ incidence_bound('incidence', 'standard_error', 'people', 'upper') }} as upper_95
from figures
