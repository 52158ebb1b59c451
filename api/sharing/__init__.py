"""Share links: private by default, revocable, expiring, counted honestly."""
