"""The `cvstomize` command."""
