{#- The complementary error function of a value that is not negative, by Cody's rational Chebyshev approximations
    (W. J. Cody 1969, Math. Comp. 23, 631-637). BigQuery has no erfc and Postgres only from 16 on, so both use this text;
    a test compares it with scipy to 1e-12. -#}
{% macro erfc(x) -%}
{%- set x = '(' ~ x ~ ')' -%}
{%- set y = '(' ~ x ~ ' * ' ~ x ~ ')' -%}
{%- set r = '(1.0 / ' ~ y ~ ')' -%}
    case
        when {{ x }} is null then null
        when {{ x }} <= 0.46875 then 1.0 - {{ x }} * {{ rational(y,
            ['1.85777706184603153e-1', '3.16112374387056560e0', '1.13864154151050156e2', '3.77485237685302021e2',
             '3.20937758913846947e3'],
            ['1.0', '2.36012909523441209e1', '2.44024637934444173e2', '1.28261652607737228e3',
             '2.84423683343917062e3']) }}
        when {{ x }} <= 4.0 then exp(-1.0 * {{ y }}) * {{ rational(x,
            ['2.15311535474403846e-8', '5.64188496988670089e-1', '8.88314979438837594e0', '6.61191906371416295e1',
             '2.98635138197400131e2', '8.81952221241769090e2', '1.71204761263407058e3', '2.05107837782607147e3',
             '1.23033935479799725e3'],
            ['1.0', '1.57449261107098347e1', '1.17693950891312499e2', '5.37181101862009858e2',
             '1.62138957456669019e3', '3.29079923573345963e3', '4.36261909014324716e3', '3.43936767414372164e3',
             '1.23033935480374942e3']) }}
        when {{ x }} > 26.0 then 0.0
        else exp(-1.0 * {{ y }}) / {{ x }} * (0.56418958354775628695 - {{ r }} * {{ rational(r,
            ['1.63153871373020978e-2', '3.05326634961232344e-1', '3.60344899949804439e-1', '1.25781726111229246e-1',
             '1.60837851487422766e-2', '6.58749161529837803e-4'],
            ['1.0', '2.56852019228982242e0', '1.87295284992346725e0', '5.27905102951428412e-1',
             '6.05183413124413191e-2', '2.33520497626869185e-3']) }})
    end
{%- endmacro %}

{#- A quotient of two polynomials by Horner's rule, coefficients from the highest power down. -#}
{% macro rational(x, numerator, denominator) -%}
    ({{ horner(x, numerator) }}) / ({{ horner(x, denominator) }})
{%- endmacro %}

{#- One polynomial of such a quotient. -#}
{% macro horner(x, coefficients) -%}
    {%- set text = namespace(value=coefficients[0]) -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set text.value = '(' ~ text.value ~ ') * ' ~ x ~ ' + ' ~ coefficient -%}
    {%- endfor -%}
    {{ text.value }}
{%- endmacro %}

{#- The two-sided p of a standard normal z: erfc(|z| / sqrt 2). -#}
{% macro two_sided_p(z) -%} {{ erfc('abs(' ~ z ~ ') / 1.4142135623730951') }} {%- endmacro %}
