"""From rows of `training_examples` to files that tuning accepts. Pure: no clock, no network, no randomness."""
