{{ config(grants=mart_readers()) }}
-- Pay offered, relative to comparable offers, by trait band. What is associated with a band, not what it causes.
with

every_group as (
    select trait, band, job_family from {{ ref('int_salary_by_trait') }}
    union distinct
    select traits.group_value as trait, bands.group_value as band, 'all' as job_family
    from {{ ref('listed_groups') }} as traits
    cross join {{ ref('listed_groups') }} as bands
    where traits.group_by = 'trait' and bands.group_by = 'trait_band'
),

judged as (
    select
        every_group.trait,
        every_group.band,
        every_group.job_family,
        exact.median_residual,
        exact.standard_error,
        exact.kruskal_wallis_p,
        exact.shrinkage_weight,
        {{ published_count('exact.people') }} as people,
        {{ published_count('exact.people_with_offer') }} as people_with_offer,
        {{ published_count('exact.people_pay_unusable') }} as people_pay_unusable,
        {{ published_count('exact.people_few_comparable') }} as people_few_comparable,
        {{ published_count('exact.people_sample_rate') }} as people_sample_rate,
        case when exact.people >= {{ pay_people() }} then 'published' else 'withheld' end as status
    from every_group
    left join {{ ref('int_salary_by_trait') }} as exact
        on exact.trait = every_group.trait
        and exact.band = every_group.band
        and exact.job_family = every_group.job_family
),

stepped as (
    select judged.*, {{ pay_step('people') }} as step
    from judged
    where people > 0
),

placed as (
    -- In steps: where the median is, and how far the ends lie from that step when the median may be half a step off.
    select
        stepped.*,
        {{ pay_grid('median_residual', 'step') }} as ratio_steps,
        {{ pay_grid('1.959964 * standard_error + step / 2.0', 'step', 'up') }} as half_width_steps,
        floor(shrinkage_weight * 4.0 + 0.5 + 1e-9) / 4.0 as shrinkage_quarters
    from stepped
)

select
    judged.trait,
    judged.band,
    judged.job_family,
    judged.status,
    {%- for count in ['people', 'people_with_offer', 'people_pay_unusable', 'people_few_comparable', 'people_sample_rate'] %}
    case when judged.status = 'published' then judged.{{ count }} end as {{ count }},
    {%- endfor %}
    {%- for column, steps in [
        ('pay_ratio', 'placed.ratio_steps'),
        ('lower_95', '(placed.ratio_steps - placed.half_width_steps)'),
        ('upper_95', '(placed.ratio_steps + placed.half_width_steps)'),
        ('shrunken_pay_ratio', pay_grid('placed.shrinkage_quarters * placed.ratio_steps', '1.0')),
        ('smallest_detectable_ratio', pay_grid('placed.half_width_steps * 2.801585 / 1.959964', '1.0', 'up')),
    ] %}
    case when judged.status = 'published' then {{ published_ratio(steps ~ ' * placed.step') }} end as {{ column }},
    {%- endfor %}
    case when judged.status = 'published' then {{ published_pay_p('judged.kruskal_wallis_p') }} end as kruskal_wallis_p,
    {{ mart_moments() }}
from judged
left join placed
    on placed.trait = judged.trait and placed.band = judged.band and placed.job_family = judged.job_family
