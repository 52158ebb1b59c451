{{ incidence_curve_with_sums(ref('oracle_subject_counts'), ['dataset']) }}
