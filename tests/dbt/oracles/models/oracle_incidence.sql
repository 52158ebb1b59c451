{{ incidence_curve_with_sums(ref('oracle_counts'), ['dataset', 'subset']) }}
