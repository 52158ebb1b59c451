{{ config(**working_table()) }}
-- One offer per person (the earliest) with its log pay minus the median log pay of its job family x seniority x
-- region x year. `residual` is NULL in groups with fewer than 5 offers and where pay could not be normalised.
with

offers as (
    select
        applications.*,
        {{ as_bigint('extract(year from offer_on)') }} as offer_year,
        row_number() over (
            partition by person_key
            order by case when pay_status = 'normalised' then 0 else 1 end, offer_on, resume_id
        ) as offer_number
    from {{ ref('int_published_applications') }} as applications
    where offer
),

one_per_person as (
    select
        offers.*,
        case when pay_status = 'normalised' then ln({{ as_float('yearly_pay_usd') }}) end as log_pay
    from offers
    where offer_number = 1
),

ranked as (
    select
        one_per_person.*,
        row_number() over (
            partition by job_family, seniority, region, offer_year order by log_pay, resume_id
        ) as pay_rank,
        count(*) over (partition by job_family, seniority, region, offer_year) as comparable_offers
    from one_per_person
    where log_pay is not null
),

medians as (
    select
        job_family,
        seniority,
        region,
        offer_year,
        max(comparable_offers) as comparable_offers,
        {{ median_of('log_pay', 'pay_rank', 'comparable_offers') }} as median_log_pay
    from ranked
    group by job_family, seniority, region, offer_year
)

select
    one_per_person.person_key,
    one_per_person.resume_id,
    one_per_person.job_family,
    one_per_person.seniority,
    one_per_person.region,
    one_per_person.offer_year,
    one_per_person.pay_status,
    one_per_person.exchange_rate_is_sample,
    {% for trait in traits() -%}
    one_per_person.{{ trait }}_band,
    {% endfor -%}
    {{ as_bigint('coalesce(medians.comparable_offers, 0)') }} as comparable_offers,
    one_per_person.log_pay,
    medians.median_log_pay,
    case when medians.comparable_offers >= 5 then one_per_person.log_pay - medians.median_log_pay end as residual
from one_per_person
left join medians
    on medians.job_family = one_per_person.job_family
    and medians.seniority = one_per_person.seniority
    and medians.region = one_per_person.region
    and medians.offer_year = one_per_person.offer_year
    and one_per_person.log_pay is not null
