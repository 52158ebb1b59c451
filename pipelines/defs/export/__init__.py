"""The export: one run, one cut, all raw tables."""
