"""The jobs and their schedules."""
