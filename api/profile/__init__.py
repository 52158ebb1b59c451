"""The person's own facts: JSON Resume in and out, import, typed view."""
