"""Group `training`: from outcomes to datasets, and from a dataset to a tuning run."""
