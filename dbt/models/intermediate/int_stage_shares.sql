{{ config(**working_table()) }}
-- The share of applications that reached a stage, before disclosure control.
with

shares as (
    {%- for stage in stages() %}
    select
        group_by,
        group_value,
        '{{ stage }}' as stage,
        people,
        applications,
        {{ stage }}_reached / applications as share,
        ({{ stage }}_squared - 2.0 * {{ stage }}_crossed * {{ stage }}_reached / applications
        + squared_applications * {{ stage }}_reached * {{ stage }}_reached / applications / applications)
        / applications / applications as clustered_variance
    from {{ ref('int_stage_sums') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    group_by,
    group_value,
    stage,
    people,
    applications,
    share,
    clustered_variance,
    {{ wilson_bound('share', 'clustered_variance', 'people', 'lower') }} as lower_95,
    {{ wilson_bound('share', 'clustered_variance', 'people', 'upper') }} as upper_95
from shares
