{#- The Aalen-Johansen cumulative incidence with competing ends, and what its variance needs, per time of a group.

    With n at risk, d1 events of interest, d2 competing ones at time s, h1 = d1/n, h = (d1+d2)/n, S the overall
    Kaplan-Meier survival and S(s-) its value just before s:
        F(t) = sum over s <= t of S(s-) h1(s)
    (Aalen & Johansen 1978, Scand. J. Statist. 5, 141-150). Without competing events F = 1 - Kaplan-Meier.
    `sum_a`, `sum_b`, `sum_c` are running sums of S(s-)h1/n, h/(n(1-h)) and F(s)h/(n(1-h)); see `incidence_influence`.
    Where everybody left at s ends there (h = 1) later times add nothing, and the terms are 0.

    counts: relation with one row per key and time: `keys`, `day`, `events`, `competing`, `censored` (numbers).
    keys: list of column names. A censored subject is at risk on its own day. -#}
{% macro incidence_curve(counts, keys) %}
{%- set by = keys | join(', ') -%}
select
    {{ by }},
    day,
    at_risk,
    events,
    competing,
    survival_before,
    hazard,
    sum(survival_before * events / at_risk) over (partition by {{ by }} order by day) as incidence,
    sum(survival_before * events / at_risk / at_risk) over (partition by {{ by }} order by day) as sum_a,
    sum(variance_term) over (partition by {{ by }} order by day) as sum_b
from (
    select
        {{ by }},
        day,
        at_risk,
        events,
        competing,
        hazard,
        case when hazard < 1.0 then hazard / (at_risk * (1.0 - hazard)) else 0.0 end as variance_term,
        coalesce(
            exp(sum(case when hazard < 1.0 then ln(1.0 - hazard) else 0.0 end) over (
                partition by {{ by }} order by day rows between unbounded preceding and 1 preceding
            )),
            1.0
        ) as survival_before
    from (
        select
            {{ by }},
            day,
            at_risk,
            events,
            competing,
            (events + competing) / at_risk as hazard
        from (
            select
                {{ by }},
                day,
                {{ as_float('events') }} as events,
                {{ as_float('competing') }} as competing,
                {{ as_float('sum(events + competing + censored) over (partition by ' ~ by ~ ' order by day desc)') }}
                    as at_risk
            from {{ counts }}
        ) as risk_sets
    ) as hazards
) as survival
{% endmacro %}

{#- The influence of one subject on F(h) at each horizon, as a function of its time t and its end:
        U(h) = [t <= h] ( [event] S(t-)/n(t) - [any end] (F(h) - F(t)) / (n(t) (1 - h(t))) ) - A(m) + F(h) B(m) - C(m)
    with m = min(t, h) and A, B, C the running sums of `incidence_curve` (C = running sum of F h/(n(1-h))). It is the
    derivative of F(h) by the subject's weight (infinitesimal jackknife; Therneau & Grambsch 2000, Modeling Survival Data,
    section 7; R survival::survfit with robust = TRUE). The clustered variance is the sum over people of the squared
    sum of their subjects' influences.

    curve: relation made by `incidence_curve`, with `sum_c` added by `incidence_curve_with_sums`.
    horizons: list of days. Gives columns `influence_<day>` and `ending` (1 event, 2 competing, 0 censored). -#}
{% macro incidence_influence(curve, at_horizons, keys, horizons) %}
select
    {% for key in keys %}curve.{{ key }}, {% endfor %}
    curve.day,
    endings.ending
    {%- for horizon in horizons %},
    case
        when curve.day > {{ horizon }} or endings.ending = 0 then 0.0
        else case when endings.ending = 1 then curve.survival_before / curve.at_risk else 0.0 end
            - case
                when curve.hazard < 1.0
                    then (reached.incidence_{{ horizon }} - curve.incidence) / (curve.at_risk * (1.0 - curve.hazard))
                else 0.0
            end
    end
    - case when curve.day > {{ horizon }} then reached.sum_a_{{ horizon }} else curve.sum_a end
    + reached.incidence_{{ horizon }}
    * case when curve.day > {{ horizon }} then reached.sum_b_{{ horizon }} else curve.sum_b end
    - case when curve.day > {{ horizon }} then reached.sum_c_{{ horizon }} else curve.sum_c end
        as influence_{{ horizon }}
    {%- endfor %}
from {{ curve }} as curve
inner join {{ at_horizons }} as reached
    on {% for key in keys %}reached.{{ key }} = curve.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
cross join (select 0 as ending union all select 1 as ending union all select 2 as ending) as endings
{% endmacro %}

{#- `incidence_curve` with `sum_c`, which needs the incidence itself and so one more pass. -#}
{% macro incidence_curve_with_sums(counts, keys) %}
{%- set by = keys | join(', ') -%}
select
    curve.*,
    sum(
        case when hazard < 1.0 then incidence * hazard / (at_risk * (1.0 - hazard)) else 0.0 end
    ) over (partition by {{ by }} order by day) as sum_c
from (
    {{ incidence_curve(counts, keys) }}
) as curve
{% endmacro %}

{#- Values of a curve at each horizon, one row per key: running figures only grow, so the value at a horizon is the
    greatest up to it, and 0 before the first time. -#}
{% macro incidence_at_horizons(curve, keys, horizons) %}
select
    {{ keys | join(', ') }}
    {%- for horizon in horizons %}
    {%- for column in ['incidence', 'sum_a', 'sum_b', 'sum_c'] %},
    coalesce(max(case when day <= {{ horizon }} then {{ column }} end), 0.0) as {{ column }}_{{ horizon }}
    {%- endfor %}
    {%- endfor %}
from {{ curve }}
group by {{ keys | join(', ') }}
{% endmacro %}

{#- A confidence bound for an incidence F with standard error se by the complementary log-log form
    F^exp(+-1.959964 se / (F ln F)) (Kalbfleisch & Prentice 2002, section 1.4). With no event yet the interval is
    [0, 1 - 0.025^(1/people)], with F = 1 it is [0.025^(1/people), 1]: exact binomial limits for `people` people.

    side: 'lower' or 'upper'. -#}
{% macro incidence_bound(incidence, standard_error, people, side) -%}
{%- set exponent = "1.959964 * (" ~ standard_error ~ ") / ((" ~ incidence ~ ") * ln(" ~ incidence ~ "))" -%}
    case
        when {{ incidence }} is null or {{ people }} < 1 then null
        when {{ incidence }} <= 1e-12
            then {{ '0.0' if side == 'lower' else '1.0 - power(0.025, 1.0 / ' ~ as_float(people) ~ ')' }}
        when {{ incidence }} >= 1.0 - 1e-12
            then {{ '1.0' if side == 'upper' else 'power(0.025, 1.0 / ' ~ as_float(people) ~ ')' }}
        {#- F ln F is negative, so the plus sign gives an exponent below 1, which raises F. #}
        else power({{ incidence }}, exp(greatest(-700.0, least(700.0, {{ '-1.0 * ' if side == 'lower' }}{{ exponent }}))))
    end
{%- endmacro %}

{#- The Kaplan-Meier estimate per time of a group, with Greenwood's variance and the log-log interval
    S^exp(-+1.959964 sqrt(V) / ln S), V = sum of d / (n (n - d)) (Kalbfleisch & Prentice 2002, section 1.4). Times with
    neither event nor censoring do not occur. Where S is 0 both bounds are 0.

    counts, keys: as for `incidence_curve`; every end that is not censoring is an event. -#}
{% macro kaplan_meier(counts, keys) %}
{%- set by = keys | join(', ') -%}
select
    {{ by }},
    day,
    at_risk,
    survival,
    case
        when survival <= 0.0 then 0.0
        when survival >= 1.0 then 1.0
        else power(survival, exp(-1.959963984540054 * sqrt(log_variance) / ln(survival)))
    end as lower_95,
    case
        when survival <= 0.0 then 0.0
        when survival >= 1.0 then 1.0
        else power(survival, exp(1.959963984540054 * sqrt(log_variance) / ln(survival)))
    end as upper_95
from (
    select
        {{ by }},
        day,
        at_risk,
        case when hazard < 1.0 then survival_before * (1.0 - hazard) else 0.0 end as survival,
        sum_b as log_variance
    from (
        {{ incidence_curve(counts, keys) }}
    ) as curve
) as estimates
{% endmacro %}

{#- The median of a Kaplan-Meier estimate and its interval: the first times at which the curve and its bounds are at or
    below one half, where a value within 1e-12 of a half is a half. NULL is "not reached". -#}
{% macro kaplan_meier_median(estimates, keys) %}
select
    {{ keys | join(', ') }},
    min(case when survival <= 0.5 + 1e-12 then day end) as median_day,
    min(case when lower_95 <= 0.5 + 1e-12 then day end) as median_lower_95,
    min(case when upper_95 <= 0.5 + 1e-12 then day end) as median_upper_95
from {{ estimates }}
group by {{ keys | join(', ') }}
{% endmacro %}
