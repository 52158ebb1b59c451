{#- The five traits, in the order in which they are shown. -#}
{% macro traits() %}
    {{ return(['openness', 'conscientiousness', 'extraversion', 'agreeableness', 'neuroticism']) }}
{% endmacro %}

{#- The outcomes of the framing experiment: (name, column with its day, horizon in days). -#}
{% macro framing_outcome_horizons() %}
    {{ return([('interview', 'interview_day', 60), ('offer', 'offer_day', 90)]) }}
{% endmacro %}

{#- What an application can reach, in the order of the funnel, then what others did with it. -#}
{% macro stages() %}
    {{ return(['downloaded', 'applied', 'interview', 'offer', 'accepted', 'shared', 'viewed']) }}
{% endmacro %}

{#- By what funnel, engagement and reporting bias are shown: (name, SQL over an application). -#}
{% macro stage_groupings() %}
    {{ return([
        ('overall', "'all'"),
        ('framing', 'framing_drawn'),
        ('template', 'pdf_template'),
        ('job_family', 'job_family'),
        ('provider', 'provider'),
    ]) }}
{% endmacro %}

{#- The groups of `stage_groupings` that are always listed. -#}
{% macro listed_stage_groups() %}
    select 'overall' as group_by, 'all' as group_value
    union all
    select group_by, group_value from {{ ref('listed_groups') }} where group_by in ('framing', 'template')
{% endmacro %}

{#- A mart of shares with their Wilson interval: one row per group and stage.

    chosen: the stages. -#}
{% macro stage_shares(chosen) %}
with

every_group as (
    select group_by, group_value from {{ ref('int_stage_shares') }}
    union distinct
    select listed.group_by, listed.group_value from ({{ listed_stage_groups() }}) as listed
),

stages as (
    {%- for stage in chosen %}
    select '{{ stage }}' as stage, {{ as_bigint(loop.index) }} as stage_number
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        every_group.group_by,
        every_group.group_value,
        stages.stage,
        stages.stage_number,
        {{ published_count('coalesce(exact.people, 0)') }} as people,
        {{ published_count('coalesce(exact.applications, 0)') }} as applications,
        exact.share,
        exact.lower_95,
        exact.upper_95,
        case when exact.people >= {{ cell_people() }} then 'published' else 'withheld' end as status
    from every_group
    cross join stages
    left join {{ ref('int_stage_shares') }} as exact
        on exact.group_by = every_group.group_by
        and exact.group_value = every_group.group_value
        and exact.stage = stages.stage
)

select
    group_by,
    group_value,
    stage,
    stage_number,
    status,
    {{ if_published('people') }} as people,
    {{ if_published('applications') }} as applications,
    {{ if_published(published_rate('share', 'people')) }} as share,
    {{ if_published(published_rate('lower_95', 'people', 'down')) }} as lower_95,
    {{ if_published(published_rate('upper_95', 'people', 'up')) }} as upper_95,
    {{ mart_moments() }}
from judged
{% endmacro %}
