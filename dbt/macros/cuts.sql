{#- Why: history is read up to a moment that the run names (DESIGN D12). Nothing here reads a clock: an absent `as_of` is
    an error as soon as something runs. While dbt only parses, any moment will do. -#}
{% macro moment_of(name, fallback=none) %}
    {%- set given = var(name, none) or fallback -%}
    {%- if given is none -%}
        {%- if execute and flags.WHICH in ('run', 'build', 'test', 'compile', 'show', 'snapshot') -%}
            {{ exceptions.raise_compiler_error("pass the variable '" ~ name ~ "' as an RFC 3339 date-time with offset, for example --vars '{as_of: 2026-12-01T00:00:00Z}'") }}
        {%- endif -%}
        {%- set given = '1970-01-01T00:00:00Z' -%}
    {%- endif -%}
    {%- set moment = modules.datetime.datetime.fromisoformat(given | string) -%}
    {%- if moment.tzinfo is none -%}
        {{ exceptions.raise_compiler_error("the variable '" ~ name ~ "' needs an offset from UTC, for example 2026-12-01T00:00:00Z") }}
    {%- endif -%}
    {{ return(moment.astimezone(modules.pytz.timezone('UTC'))) }}
{% endmacro %}

{#- The moment up to which history is read. -#}
{% macro as_of_moment() %}{{ return(moment_of('as_of')) }}{% endmacro %}

{#- The moment for which marts are published: the first of the month that `as_of` falls in (D10). -#}
{% macro published_moment() %}
    {{ return(as_of_moment().replace(day=1, hour=0, minute=0, second=0, microsecond=0)) }}
{% endmacro %}

{#- The moment at which the sources were read. Without it the sources are taken to reach `as_of`. -#}
{% macro source_cut_moment() %}{{ return(moment_of('source_cut', var('as_of', none))) }}{% endmacro %}

{#- A moment as SQL. Postgres: a literal. BigQuery: whole microseconds, because a literal with a fraction is rewritten by
    stand-ins. -#}
{% macro moment(value) %}{{ return(adapter.dispatch('moment')(value)) }}{% endmacro %}
{% macro postgres__moment(value) %}
    {{ return("cast('" ~ value.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "+00:00' as timestamptz)") }}
{% endmacro %}
{% macro bigquery__moment(value) %}
    {%- set elapsed = value.replace(tzinfo=none) - modules.datetime.datetime(1970, 1, 1) -%}
    {{ return('timestamp_micros(' ~ ((elapsed.days * 86400 + elapsed.seconds) * 1000000 + elapsed.microseconds) ~ ')') }}
{% endmacro %}

{#- The columns every mart carries: for when, when built (NULL unless the run says), and from which snapshot. -#}
{% macro mart_moments() -%}
    {{ moment(published_moment()) }} as as_of,
    {% if var('built_at', none) -%}
        {{ moment(moment_of('built_at')) }}
    {%- else -%}
        cast(null as {{ type_timestamptz() }})
    {%- endif %} as built_at,
    {{ moment(source_cut_moment()) }} as source_cut
{%- endmacro %}
