"""What happened after a resume was sent: reports, check-ins, engagement."""
