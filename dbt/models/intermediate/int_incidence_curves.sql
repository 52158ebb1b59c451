{{ config(**working_table()) }}
-- The Aalen-Johansen cumulative incidence of an interview, per group, population and day.
{{ incidence_curve_with_sums(ref('int_incidence_counts'), ['group_by', 'group_value', 'population']) }}
