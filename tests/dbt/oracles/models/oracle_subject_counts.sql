select
    dataset,
    day,
    sum(case when ending = 1 then 1 else 0 end) as events,
    sum(case when ending = 2 then 1 else 0 end) as competing,
    sum(case when ending = 0 then 1 else 0 end) as censored
from {{ ref('oracle_subjects') }}
group by dataset, day
