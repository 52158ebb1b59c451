"""The secrets of one installation: random, made once, kept with the data they belong to."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from local.stack.errors import StackError

ROLES = ("cvstomize_migrator", "cvstomize_app", "cvstomize_eraser", "cvstomize_pipeline", "cvstomize_analyst")
KEYS = ("LINK_SIGNING_KEY", "PERSON_KEY_SECRET", "AUTH_TOKEN_SECRET")


@dataclass(frozen=True)
class Credentials:
    """Passwords of the database roles and the keys the API signs with."""

    superuser_password: str
    role_passwords: dict[str, str]
    keys: dict[str, str]


def load_credentials(path: Path, *, data_exists: bool) -> Credentials:
    """Read the secrets of this installation, making what is missing.

    Raises StackError when the file is unreadable, or gone while the data it opens is still there.
    """
    try:
        noted = json.loads(path.read_text())
        credentials = Credentials(
            superuser_password=noted["superuser_password"],
            role_passwords={role: noted["role_passwords"][role] for role in ROLES},
            keys={key: noted["keys"][key] for key in KEYS},
        )
    except FileNotFoundError:
        if data_exists:
            message = f"{path} is missing but the data it opens is there: put it back, or remove {path.parent}"
            raise StackError(f"{message} to begin anew") from None
        credentials = Credentials(
            superuser_password=secrets.token_urlsafe(32),
            role_passwords={role: secrets.token_urlsafe(32) for role in ROLES},
            keys={key: secrets.token_urlsafe(32) for key in KEYS},
        )
        write_private(path, json.dumps(credentials.__dict__, indent=2))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StackError(
            f"{path} cannot be read ({error}): put it back, or remove {path.parent} to begin anew"
        ) from None
    return credentials


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
        file.write(text)
    draft.replace(path)
