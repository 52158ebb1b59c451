"""Postgres to Parquet on Cloud Storage to BigQuery's raw tables: every row exactly once, at any moment it is killed."""
