{#- The five traits, in the order in which they are shown. -#}
{% macro traits() %}
    {{ return(['openness', 'conscientiousness', 'extraversion', 'agreeableness', 'neuroticism']) }}
{% endmacro %}
