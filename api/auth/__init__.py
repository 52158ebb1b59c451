"""Who is asking: registration, tokens, the subject of a request."""
