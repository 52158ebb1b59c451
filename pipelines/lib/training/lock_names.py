"""The names of the locks that keep two processes from doing the same work."""

TRACK_LOCK = "tuning/track"
"""Following runs and evaluating is done by one process at a time."""
LAUNCH_LOCK = "tuning/launch"
"""So is everything that may create a job, or must be sure that nobody creates one meanwhile."""
