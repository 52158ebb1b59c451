"""The database roles and what each is for (DESIGN section 6)."""

from __future__ import annotations

OWNER = "cvstomize_owner"
MIGRATOR = "cvstomize_migrator"
APP = "cvstomize_app"
ERASER = "cvstomize_eraser"
PIPELINE = "cvstomize_pipeline"
ANALYST = "cvstomize_analyst"

LOGIN_ROLES = (MIGRATOR, APP, ERASER, PIPELINE, ANALYST)
