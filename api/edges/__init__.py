"""What stands between the network and the subjects: request ids, limits, bodies, draining, telemetry."""
