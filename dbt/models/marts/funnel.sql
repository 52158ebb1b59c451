{{ config(grants=mart_readers()) }}
-- How far applications got, as reported: shares of all applications, with nothing done about silence.
{{ stage_shares(['downloaded', 'applied', 'interview', 'offer', 'accepted']) }}
