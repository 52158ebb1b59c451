"""Tables, engine and sessions. The table definitions are shared with the pipelines."""
