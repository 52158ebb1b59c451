"""Consent per purpose, access to one's own data, erasure."""
