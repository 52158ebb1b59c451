{#- A moment with zone. Postgres: timestamptz. BigQuery: TIMESTAMP is always UTC. -#}
{% macro type_timestamptz() %}{{ return(adapter.dispatch('type_timestamptz')()) }}{% endmacro %}
{% macro postgres__type_timestamptz() %}{{ return('timestamptz') }}{% endmacro %}
{% macro bigquery__type_timestamptz() %}{{ return('timestamp') }}{% endmacro %}

{#- The UTC day of a moment. Postgres: a plain cast would use the session's zone. BigQuery: date() is UTC. -#}
{% macro utc_date(moment) %}{{ return(adapter.dispatch('utc_date')(moment)) }}{% endmacro %}
{% macro postgres__utc_date(moment) %}{{ return("cast((" ~ moment ~ ") at time zone 'UTC' as date)") }}{% endmacro %}
{% macro bigquery__utc_date(moment) %}{{ return("date(" ~ moment ~ ")") }}{% endmacro %}

{#- Whole days from one date to a later one. Postgres: date subtraction gives an integer. BigQuery: date_diff. -#}
{% macro days_between(earlier, later) %}{{ return(adapter.dispatch('days_between')(earlier, later)) }}{% endmacro %}
{% macro postgres__days_between(earlier, later) %}{{ return("cast((" ~ later ~ ") - (" ~ earlier ~ ") as bigint)") }}{% endmacro %}
{% macro bigquery__days_between(earlier, later) %}{{ return("date_diff(" ~ later ~ ", " ~ earlier ~ ", day)") }}{% endmacro %}

{#- The first day of the month of a date. Postgres: date_trunc gives a timestamp. BigQuery: a date. -#}
{% macro month_of(day) %}{{ return(adapter.dispatch('month_of')(day)) }}{% endmacro %}
{% macro postgres__month_of(day) %}{{ return("cast(date_trunc('month', cast(" ~ day ~ " as timestamp)) as date)") }}{% endmacro %}
{% macro bigquery__month_of(day) %}{{ return("date_trunc(" ~ day ~ ", month)") }}{% endmacro %}

{#- The earlier of two values of which either may be NULL. `least` forgets NULLs on Postgres and returns NULL on
    BigQuery, so neither is used. -#}
{% macro earlier_of(first, second) -%}
    case
        when {{ first }} is null then {{ second }}
        when {{ second }} is null then {{ first }}
        when {{ second }} < {{ first }} then {{ second }}
        else {{ first }}
    end
{%- endmacro %}

{#- A value as the engine's 64-bit float. -#}
{% macro as_float(expression) -%} cast({{ expression }} as {{ dbt.type_float() }}) {%- endmacro %}
{#- A value as the engine's 64-bit integer. -#}
{% macro as_bigint(expression) -%} cast({{ expression }} as {{ dbt.type_bigint() }}) {%- endmacro %}
{#- A value as the engine's text. -#}
{% macro as_text(expression) -%} cast({{ expression }} as {{ dbt.type_string() }}) {%- endmacro %}

{#- The later of two values of which either may be NULL. -#}
{% macro later_of(first, second) -%}
    case
        when {{ first }} is null then {{ second }}
        when {{ second }} is null then {{ first }}
        when {{ second }} > {{ first }} then {{ second }}
        else {{ first }}
    end
{%- endmacro %}

{#- A number rounded half up to some decimals, still a float. Engines differ in the last bit, so a value that is a half
    up to noise is rounded up on both; a plain cast to NUMERIC rounds halves differently on each. -#}
{% macro tidy(expression, digits) -%}
    floor(({{ expression }}) * 1e{{ digits }} + 0.5 + 1e-7) / 1e{{ digits }}
{%- endmacro %}

{#- The quotient of two counts as a float; NULL where there is nothing to divide by. -#}
{% macro ratio(count, total) -%}
    {{ as_float(count) }} / case when {{ total }} > 0 then {{ as_float(total) }} end
{%- endmacro %}
