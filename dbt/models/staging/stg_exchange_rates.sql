select
    exchange_rate_id,
    currency,
    month,
    {{ as_float('usd_per_unit') }} as usd_per_unit,
    is_sample,
    loaded_at
from {{ source('export', 'exchange_rates') }}
