"""Objects in Cloud Storage: one client per process, deadlines on every call."""
