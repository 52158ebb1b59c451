"""The pipelines' logic, tested without Dagster."""
