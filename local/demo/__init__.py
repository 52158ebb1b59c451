"""The whole loop on real input: people over HTTP, a synthetic cohort, the nightly run, and what came of it."""
