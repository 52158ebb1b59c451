{#- How Postgres should run the query of a table, for this transaction only; a pre-hook of every model. Measured at one
    million applications on two cores: with its default of 4 MB it sorts on disk where a hash table of 96 MB does. Guesses
    of how many rows a group by an expression gives are too low and then make it sort both sides for a merge join.
    Compiling expressions takes longer than it saves. Two models run at a time, so workers within a query would only
    multiply the memory. BigQuery has no such settings. -#}
{% macro query_settings() %}{{ return(adapter.dispatch('query_settings', 'cvstomize')()) }}{% endmacro %}

{% macro default__query_settings() %}{% endmacro %}

{% macro postgres__query_settings() %}
    {%- if model.config.materialized == 'table' -%}
        select
            set_config('work_mem', '96MB', true),
            set_config('enable_mergejoin', 'off', true),
            set_config('jit', 'off', true),
            set_config('max_parallel_workers_per_gather', '0', true)
    {%- endif -%}
{% endmacro %}

{#- Ends a subquery whose columns others use more than once. Postgres: `offset 0` keeps it from putting the expressions
    wherever they are named, where they would be computed again each time. BigQuery: nothing. -#}
{% macro computed_once() %}{{ return(adapter.dispatch('computed_once', 'cvstomize')()) }}{% endmacro %}
{% macro default__computed_once() %}{% endmacro %}
{% macro postgres__computed_once() %}{{ return('offset 0') }}{% endmacro %}

{#- A key to group by, made from a long text. Postgres: 64 bits of it, which are compared and kept in a fraction of the
    time (two of a million texts meet with a probability of 3e-8). BigQuery: the text. -#}
{% macro grouping_key(text) %}{{ return(adapter.dispatch('grouping_key', 'cvstomize')(text)) }}{% endmacro %}
{% macro default__grouping_key(text) %}{{ return(text) }}{% endmacro %}
{% macro postgres__grouping_key(text) %}{{ return('hashtextextended(' ~ text ~ ', 0)') }}{% endmacro %}
