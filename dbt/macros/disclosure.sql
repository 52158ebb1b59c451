{#- Disclosure control (DESIGN D10), in one place.

    A cell stands on at least `cell_people` distinct people, a pay cell on `pay_people`, a horizon on `at_risk_people`.
    Counts are rounded down to multiples of 5. A rate is rounded to whole fives of the published people, so the count
    behind it is known to the nearest 5 and no better; bounds go outward on the same grid. Pay is shown on a grid of
    5 % steps (powers of 1.05), coarser in small cells; the ends of its interval are as far from the published ratio as
    the exact ones could be, so they say nothing that the ratio and the published width do not. A value within 1e-9 of a grid line counts as on it, so that both engines agree. -#}
{% macro cell_people() %}{{ return(10) }}{% endmacro %}
{#- Distinct people under whom no pay is shown. -#}
{% macro pay_people() %}{{ return(30) }}{% endmacro %}
{#- Distinct people still waiting under whom no horizon is shown. -#}
{% macro at_risk_people() %}{{ return(10) }}{% endmacro %}

{#- A count as it may be published: the multiple of 5 at or below it. -#}
{% macro published_count(count) -%}
    {{ as_bigint('5 * floor((' ~ count ~ ') / 5.0 + 1e-9)') }}
{%- endmacro %}

{#- A value moved to a multiple of `step`: 'nearest' (halves up), 'down' or 'up'. -#}
{% macro on_grid(value, step, direction='nearest') -%}
    {%- if direction == 'down' -%}
        floor(({{ value }}) / ({{ step }}) + 1e-9) * ({{ step }})
    {%- elif direction == 'up' -%}
        ceil(({{ value }}) / ({{ step }}) - 1e-9) * ({{ step }})
    {%- else -%}
        floor(({{ value }}) / ({{ step }}) + 0.5 + 1e-9) * ({{ step }})
    {%- endif -%}
{%- endmacro %}

{#- A proportion as it may be published beside `people` (an already published count), in steps of 5 / people and never
    outside [lowest, 1]. NULL below the smallest cell. -#}
{% macro published_rate(rate, people, direction='nearest', lowest='0.0') -%}
    cast(
        case
            when {{ rate }} is null or {{ people }} < {{ cell_people() }} then null
            else {{ tidy('greatest(' ~ lowest ~ ', least(1.0, ' ~ on_grid(rate, '5.0 / ' ~ people, direction) ~ '))', 3) }}
        end as numeric(9, 3)
    )
{%- endmacro %}

{#- The step of pay in a cell of so many people (an already published count), as a logarithm: 5 % from 120 people on, a
    multiple of 5 % below. In a small cell one person moves the median further, and a finer step would give away on
    which side of it the last person is. -#}
{% macro pay_step(people) -%} (ln(1.05) * ceil(120.0 / {{ people }} - 1e-9)) {%- endmacro %}

{#- Where on the grid of its step a log ratio lies. -#}
{% macro pay_grid(log_ratio, step, direction='nearest') -%}
    {{ on_grid('(' ~ log_ratio ~ ') / ' ~ step, '1.0', direction) }}
{%- endmacro %}

{#- A ratio given as its logarithm on the grid, as it may be published: a power of 1.05. -#}
{% macro published_ratio(log_ratio) -%}
    cast(case when {{ log_ratio }} is not null then {{ tidy('exp(' ~ log_ratio ~ ')', 3) }} end as numeric(9, 3))
{%- endmacro %}

{#- A p-value of pay as it may be published: the next of a few landmarks. On a fine grid it would give away the rank of the
    last person's pay. -#}
{% macro published_pay_p(p) -%}
    cast(
        case
            {%- for landmark in ['0.01', '0.05', '0.1'] %}
            when {{ p }} <= {{ landmark }} then {{ landmark }}
            {%- endfor %}
            when {{ p }} is not null then 1.0
        end as numeric(9, 3)
    )
{%- endmacro %}

{#- A figure, or NULL when its row is withheld. The row has a column `status`. -#}
{% macro if_published(expression) -%} case when status = 'published' then {{ expression }} end {%- endmacro %}
