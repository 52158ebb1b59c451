{%- if as_of_moment() == published_moment() -%}
    {{ config(materialized='view') }}
{%- else -%}
    {{ config(**working_table()) }}
{%- endif %}
-- The applications as they were at the first of the month: the rows under every mart. When `as_of` is that moment
-- they are the rows of fct_applications, and a view of those is enough.
-- depends_on: {{ ref('fct_applications') }}, {{ ref('stg_resumes') }}, {{ ref('stg_outcome_events') }}
-- depends_on: {{ ref('stg_framing_draws') }}, {{ ref('stg_job_ads') }}, {{ ref('stg_check_ins') }}
-- depends_on: {{ ref('stg_exchange_rates') }}, {{ ref('int_trait_states') }}, {{ ref('pay_periods') }}
{% if as_of_moment() == published_moment() -%}
select * from {{ ref('fct_applications') }}
{%- else -%}
{{ applications_at(published_moment()) }}
{%- endif %}
