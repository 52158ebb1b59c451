{{ config(**working_table()) }}
-- The figures of salary_by_trait before disclosure control: exact, for the pipeline only.
{#- The offers by trait and band, over all job families and in each: ten groupings of the same few rows. Each is ranked by
    itself, so that no engine has to sort ten copies at once. -#}
{%- set groupings = [] %}
{%- for trait in traits() %}
    {%- do groupings.extend([(trait, "'all'", trait ~ '_band'), (trait, 'job_family', trait ~ '_band')]) %}
{%- endfor %}
with

offers as (
    -- `position` is the order of the residuals, found once; whose comparable offers were too few have none.
    select
        offers.*,
        row_number() over (order by residual, person_key) as position
    from {{ ref('int_pay_residuals') }} as offers
),

left_out as (
    {%- for trait, family_group, band in groupings %}
    select
        '{{ trait }}' as trait,
        {{ band }} as band,
        {{ family_group }} as family_group,
        count(*) as people_with_offer,
        sum(case when pay_status <> 'normalised' then 1 else 0 end) as people_pay_unusable,
        sum(case when pay_status = 'normalised' and residual is null then 1 else 0 end) as people_few_comparable,
        sum(case when residual is not null and exchange_rate_is_sample then 1 else 0 end) as people_sample_rate
    from offers
    group by 1, 2, 3
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

bands as (
    {%- for trait, family_group, band in groupings %}
    select
        '{{ trait }}' as trait,
        band,
        family_group,
        count(*) as people,
        {{ median_of('residual', 'band_rank', 'band_size') }} as median_residual,
        {{ median_standard_error('residual', 'band_rank', 'band_size') }} as standard_error
    from (
        select
            {{ band }} as band,
            {{ family_group }} as family_group,
            residual,
            row_number() over (partition by {{ band }}, {{ family_group }} order by position) as band_rank,
            count(*) over (partition by {{ band }}, {{ family_group }}) as band_size
        from offers
        where residual is not null
    ) as ranked
    group by band, family_group
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

rank_sums as (
    {%- for trait, family_group, band in groupings %}
    select
        '{{ trait }}' as trait,
        family_group,
        band,
        {{ as_float('count(*)') }} as people,
        sum(mid_rank) as rank_sum,
        -- Each of t tied values adds t^2 - 1, which sums to t^3 - t over the tie.
        sum(ties * ties - 1.0) as tie_term
    from (
        select
            {{ band }} as band,
            {{ family_group }} as family_group,
            {{ as_float('rank() over (partition by ' ~ family_group ~ ' order by residual)') }}
            + ({{ as_float('count(*) over (partition by ' ~ family_group ~ ', residual)') }} - 1.0) / 2.0 as mid_rank,
            {{ as_float('count(*) over (partition by ' ~ family_group ~ ', residual)') }} as ties
        from offers
        where residual is not null and {{ band }} in ('low', 'middle', 'high')
    ) as known_bands
    group by family_group, band
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

kruskal_wallis as (
    -- Kruskal & Wallis 1952, corrected for ties; chi-square with two degrees of freedom, so p = exp(-H/2).
    select
        trait,
        family_group,
        case
            when count(*) = 3 and sum(tie_term) < power(sum(people), 3) - sum(people)
                then (
                    12.0 / (sum(people) * (sum(people) + 1.0)) * sum(rank_sum * rank_sum / people)
                    - 3.0 * (sum(people) + 1.0)
                ) / (1.0 - sum(tie_term) / (power(sum(people), 3) - sum(people)))
        end as kruskal_wallis_h
    from rank_sums
    group by trait, family_group
),

spreads as (
    -- How much the true band medians of a trait differ, beyond what their standard errors explain.
    select
        trait,
        family_group,
        avg(median_residual * median_residual - standard_error * standard_error) as excess_variance
    from bands
    where band in ('low', 'middle', 'high')
    group by trait, family_group
)

select
    left_out.trait,
    left_out.band,
    left_out.family_group as job_family,
    {{ as_bigint('coalesce(bands.people, 0)') }} as people,
    {{ as_bigint('left_out.people_with_offer') }} as people_with_offer,
    {{ as_bigint('left_out.people_pay_unusable') }} as people_pay_unusable,
    {{ as_bigint('left_out.people_few_comparable') }} as people_few_comparable,
    {{ as_bigint('left_out.people_sample_rate') }} as people_sample_rate,
    bands.median_residual,
    bands.standard_error,
    bands.median_residual - 1.959964 * bands.standard_error as lower_95,
    bands.median_residual + 1.959964 * bands.standard_error as upper_95,
    -- 1.959964 + 0.841621: two-sided 5 %, 80 % power.
    2.801585 * bands.standard_error as smallest_detectable,
    kruskal_wallis.kruskal_wallis_h,
    exp(-1.0 * kruskal_wallis.kruskal_wallis_h / 2.0) as kruskal_wallis_p,
    case
        when spreads.excess_variance is null then null
        when spreads.excess_variance <= 0.0 then 0.0
        else spreads.excess_variance / (spreads.excess_variance + bands.standard_error * bands.standard_error)
    end as shrinkage_weight
from left_out
left join bands
    on bands.trait = left_out.trait and bands.band = left_out.band and bands.family_group = left_out.family_group
left join kruskal_wallis
    on kruskal_wallis.trait = left_out.trait and kruskal_wallis.family_group = left_out.family_group
left join spreads on spreads.trait = left_out.trait and spreads.family_group = left_out.family_group
