{{ config(**working_table()) }}
-- The curves read off at 14, 30, 60 and 90 days.
{{ incidence_at_horizons(
    ref('int_incidence_curves'), ['group_by', 'group_value', 'population'], incidence_horizons()
) }}
