{{ config(grants=mart_readers()) }}
-- What people and their readers did with a resume. Counters are those of the source cut; they have no history.
{{ stage_shares(['downloaded', 'shared', 'viewed']) }}
