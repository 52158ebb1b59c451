"""Loopback ports: the one of the last start when it is still free, so that a noted address keeps working."""

import contextlib
import json
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            return False
    return True


def free_port() -> int:
    """A loopback port that is free at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class PortBook:
    """Remembers which service had which port."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ports: dict[str, int] = {}
        with contextlib.suppress(OSError, ValueError, AttributeError):
            noted = json.loads(path.read_text()).items()
            self._ports = {str(name): port for name, port in noted if isinstance(port, int)}

    def take(self, name: str, *, renew: bool = False) -> int:
        """The port for a service: the noted one when free, another one otherwise or when `renew` asks for it."""
        noted = self._ports.get(name)
        others = {port for other, port in self._ports.items() if other != name}
        if noted is None or renew or not is_free(noted):
            port = free_port()
            while port in others:
                port = free_port()
            self._ports[name] = port
            self._path.write_text(json.dumps(self._ports))
        return self._ports[name]
