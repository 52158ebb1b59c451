"""Work that must happen after a commit: claimed under a lease, repeated until done."""
