"""The published aggregates, as the front end shows them."""
