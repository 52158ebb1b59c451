{{ kaplan_meier(ref('oracle_counts'), ['dataset', 'subset']) }}
