"""The CVstomize HTTP service: one folder per subject."""
