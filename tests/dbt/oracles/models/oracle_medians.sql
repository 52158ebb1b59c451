{{ kaplan_meier_median(ref('oracle_kaplan_meier'), ['dataset', 'subset']) }}
