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
        exact.lower_95,
        exact.upper_95,
        exact.smallest_detectable,
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
)

select
    trait,
    band,
    job_family,
    status,
    {{ if_published('people') }} as people,
    {{ if_published('people_with_offer') }} as people_with_offer,
    {{ if_published('people_pay_unusable') }} as people_pay_unusable,
    {{ if_published('people_few_comparable') }} as people_few_comparable,
    {{ if_published('people_sample_rate') }} as people_sample_rate,
    {{ if_published(published_ratio('median_residual')) }} as pay_ratio,
    {{ if_published(published_ratio('lower_95', 'down')) }} as lower_95,
    {{ if_published(published_ratio('upper_95', 'up')) }} as upper_95,
    {{ if_published(published_ratio('shrinkage_weight * median_residual')) }} as shrunken_pay_ratio,
    {{ if_published(published_ratio('smallest_detectable', 'up')) }} as smallest_detectable_ratio,
    cast({{ if_published(tidy(on_grid('kruskal_wallis_p', '0.01', 'up'), 2)) }} as numeric(9, 3))
        as kruskal_wallis_p,
    {{ mart_moments() }}
from judged
