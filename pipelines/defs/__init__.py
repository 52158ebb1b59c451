"""Dagster definitions, one folder a subject. `load_from_defs_folder` finds them."""
