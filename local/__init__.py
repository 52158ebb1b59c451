"""The embedded stack, the demo and the stand-ins: everything that only runs on a developer's machine."""
