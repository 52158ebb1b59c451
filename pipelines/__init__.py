"""Dagster: the export to BigQuery, the marts of both warehouses, the training datasets."""
