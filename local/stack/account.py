"""PostgreSQL refuses to run as root. As root it gets an account of its own, and files that account can reach.

A checkout under /root, or a private temporary folder, is closed to other accounts. Rather than open it, the
programs are copied to, and the data kept in, /var/lib/cvstomize; `.local/postgres` then points there.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from local.stack.errors import StackError
from local.stack.process import Account

ACCOUNT_NAME = "cvstomize-pg"
SHARED_ROOT = Path("/var/lib/cvstomize")


def service_account() -> Account | None:
    """The account PostgreSQL runs as: our own unless we are root. Makes the system account on first use."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        entry = pwd.getpwnam(ACCOUNT_NAME)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    try:
        made = subprocess.run([*command, ACCOUNT_NAME], capture_output=True, text=True, timeout=30, check=False)
        reason = made.stderr.strip()
    except OSError as error:
        reason = str(error)
    try:  # two first starts at once: one of them finds the account made
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        raise StackError(f"PostgreSQL needs the system account {ACCOUNT_NAME}, and useradd failed: {reason}") from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_run(account: Account, command: list[str]) -> bool:
    """Whether this account can reach and run a program."""
    try:
        done = subprocess.run(
            command,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def reachable_programs(account: Account | None, package: Path, version: str) -> Path:
    """The folder of PostgreSQL programs, copied to where the account can run them when it cannot run the wheel's."""
    programs = package / "pginstall" / "bin"
    if account is None or can_run(account, [str(programs / "postgres"), "--version"]):
        return programs
    home = SHARED_ROOT / f"postgresql-{version}"
    copied = home / package.name / "pginstall" / "bin"
    if not can_run(account, [str(copied / "postgres"), "--version"]):
        draft = home.with_name(f"{home.name}.{os.getpid()}")
        try:
            SHARED_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
            for part in (package, package.with_name(package.name + ".libs")):
                if part.exists():
                    shutil.copytree(part, draft / part.name)
            open_to_all(draft)
            shutil.rmtree(home, ignore_errors=True)
            draft.replace(home)
        except OSError as error:
            raise StackError(
                f"PostgreSQL cannot be copied to {home}, where {account.name} could run it: {error}"
            ) from None
    return copied


def reachable_data(account: Account | None, wanted: Path) -> Path:
    """The folder for the cluster: `wanted`, or a substitute in /var/lib/cvstomize when the account cannot go there.

    A folder there whose link is gone belongs to a removed `.local`: it is removed as well.
    """
    if account is None:
        return wanted
    if wanted.is_symlink():
        return wanted.resolve()
    if can_run(account, ["/usr/bin/test", "-x", str(wanted.parent)]):
        return wanted
    substitute = SHARED_ROOT / hashlib.sha256(str(wanted).encode()).hexdigest()[:16]
    try:
        SHARED_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.rmtree(substitute, ignore_errors=True)
        substitute.mkdir(mode=0o755)
        wanted.symlink_to(substitute / "postgres")
    except OSError as error:
        raise StackError(f"{account.name} can reach neither {wanted} nor {substitute}: {error}") from None
    return substitute / "postgres"


def open_to_all(folder: Path) -> None:
    """Let every account read a copied tree and run its programs, whatever the umask was."""
    for root, _, names in os.walk(folder):
        Path(root).chmod(0o755)
        for name in names:
            file = Path(root, name)
            if not file.is_symlink():
                file.chmod(file.stat().st_mode | (0o555 if file.stat().st_mode & 0o100 else 0o444))
