"""Pure rules of sharing: who counts as a visitor."""
