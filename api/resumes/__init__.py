"""Resumes: list, read, edit, versions, download."""
