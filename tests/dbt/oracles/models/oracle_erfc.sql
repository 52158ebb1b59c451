select number / 100.0 as x, {{ erfc('(' ~ as_float('number / 100.0') ~ ')') }} as erfc_x
from (
    select {{ as_bigint('hundreds.digit * 100 + tens.digit * 10 + ones.digit') }} as number
    from ({% for digit in range(8) %}select {{ digit }} as digit {{ 'union all ' if not loop.last }}{% endfor %}) as hundreds
    cross join ({% for digit in range(10) %}select {{ digit }} as digit {{ 'union all ' if not loop.last }}{% endfor %}) as tens
    cross join ({% for digit in range(10) %}select {{ digit }} as digit {{ 'union all ' if not loop.last }}{% endfor %}) as ones
) as numbers
