"""Pure rules of the conversation: the question set and the scoring of its items."""
