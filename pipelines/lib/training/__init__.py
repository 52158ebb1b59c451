"""From rows of `training_examples` to files that tuning accepts, and to a tuning run. Build steps are pure: no clock."""
