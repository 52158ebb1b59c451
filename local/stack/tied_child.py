"""Run one program that cannot outlive its parent.

A killed parent (`kill -9`) has no chance to stop what it started, so the kernel does: PR_SET_PDEATHSIG. The setting is
lost when the user changes, therefore the user is changed here first. A stub of its own instead of `preexec_fn`, which
may deadlock when the parent has threads.

Usage: python -I -S tied_child.py PARENT_PID SIGNAL UID:GID|- PROGRAM [ARGUMENT ...]
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, signal_number, account, *command = sys.argv[1:]
    if account != "-":
        uid, gid = (int(part) for part in account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number))
    if os.getppid() != int(parent):  # it died before the line above: no signal will come
        sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
