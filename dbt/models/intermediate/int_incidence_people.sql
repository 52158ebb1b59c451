{{ config(materialized='view') }}
-- Per group: how many people, and the variance of each figure with the influences of one person's applications summed
-- first (clustered by person).
select * from {{ ref('int_incidence_person_groups') }}
union all
select * from {{ ref('int_incidence_application_groups') }}
