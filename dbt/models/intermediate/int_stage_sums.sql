{{ config(**working_table()) }}
-- Sums from which the share of applications that reached a stage, and its variance clustered by person, follow; and how
-- many people answer when asked. One pass over the people of a group for both.
with

stages as (
    select
        applications.person_key,
        applications.framing_drawn,
        applications.pdf_template,
        applications.job_family,
        applications.provider,
        case when asked_by_check_in or answered_scheduled_check_in then 1 else 0 end as asked,
        case when answered_scheduled_check_in then 1 else 0 end as answered,
        case when interview then 1 else 0 end as interview,
        case when rejected_on is not null then 1 else 0 end as rejected,
        {{ as_float('case when resumes.first_downloaded_at <= ' ~ moment(published_moment()) ~ ' then 1 else 0 end') }}
            as stage_downloaded,
        {{ as_float("case when applications.time_zero_source = 'applied_at' then 1 else 0 end") }} as stage_applied,
        {{ as_float('case when applications.interview then 1 else 0 end') }} as stage_interview,
        {{ as_float('case when applications.offer then 1 else 0 end') }} as stage_offer,
        {{ as_float('case when applications.accepted then 1 else 0 end') }} as stage_accepted,
        {{ as_float('case when resumes.shared_count > 0 then 1 else 0 end') }} as stage_shared,
        {{ as_float('case when resumes.viewed_count > 0 then 1 else 0 end') }} as stage_viewed
    from {{ ref('int_published_applications') }} as applications
    inner join {{ ref('stg_resumes') }} as resumes on resumes.resume_id = applications.resume_id
)

{% for name, expression in stage_groupings() %}
select
    '{{ name }}' as group_by,
    group_value,
    {{ as_bigint('count(*)') }} as people,
    {{ as_bigint('sum(applications)') }} as applications,
    {{ as_float('sum(applications * applications)') }} as squared_applications
    {%- for stage in stages() %},
    sum({{ stage }}) as {{ stage }}_reached,
    sum({{ stage }} * {{ stage }}) as {{ stage }}_squared,
    sum({{ stage }} * applications) as {{ stage }}_crossed
    {%- endfor %},
    {{ as_bigint('sum(asked)') }} as people_asked,
    {{ as_bigint('sum(answered)') }} as people_answered,
    {{ as_bigint('sum(answered * interview_seen)') }} as answered_with_interview,
    {{ as_bigint('sum((asked - answered) * interview_seen)') }} as silent_with_interview,
    {{ as_bigint('sum((asked - answered) * rejection_seen)') }} as silent_with_rejection
from (
    select
        {{ expression }} as group_value,
        {{ grouping_key('person_key') }} as person,
        max(asked) as asked,
        max(answered) as answered,
        max(interview) as interview_seen,
        max(rejected) as rejection_seen,
        count(*) as applications
        {%- for stage in stages() %},
        sum(stage_{{ stage }}) as {{ stage }}
        {%- endfor %}
    from stages
    where {{ expression }} is not null
    group by 1, 2
) as by_person
group by group_value
{{ 'union all' if not loop.last }}
{% endfor %}
