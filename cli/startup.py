"""What every command that needs the service's settings does first."""

from __future__ import annotations

import sys

from api.settings import EXIT_CONFIGURATION, Settings, SettingsError, load_settings


def settings_or_exit() -> Settings:
    """The settings, or the end of the command: exit code 78 and one line for each that is missing or malformed."""
    try:
        return load_settings()
    except SettingsError as error:
        raise cannot_start(str(error)) from None


def cannot_start(faults: str) -> SystemExit:
    """Say what is wrong with the settings; returns what to raise."""
    print(f"cannot start, settings are wrong:\n{faults}", file=sys.stderr)
    return SystemExit(EXIT_CONFIGURATION)
