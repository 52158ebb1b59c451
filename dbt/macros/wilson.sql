{#- A Wilson bound (Wilson 1927, JASA 22, 209-212) for a proportion of clustered observations: the sample size is
    p(1-p) over the clustered variance, and where that variance is 0, the number of people.

    side: 'lower' or 'upper'. -#}
{% macro wilson_bound(proportion, clustered_variance, people, side) -%}
{%- set n -%}
    (case
        when {{ clustered_variance }} > 1e-18 then {{ proportion }} * (1.0 - {{ proportion }}) / {{ clustered_variance }}
        else {{ as_float(people) }}
    end)
{%- endset -%}
    case
        when {{ proportion }} is null or {{ people }} < 1 then null
        else (
            {{ proportion }} + 3.841458880 / (2.0 * {{ n }})
            {{ '-' if side == 'lower' else '+' }} 1.959963985 * sqrt(
                {{ proportion }} * (1.0 - {{ proportion }}) / {{ n }} + 3.841458880 / (4.0 * {{ n }} * {{ n }})
            )
        ) / (1.0 + 3.841458880 / {{ n }})
    end
{%- endmacro %}
