"""From rows of `training_examples` to files that tuning accepts, and to a tuning run. A build reads no clock."""
