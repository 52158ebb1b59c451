"""The marts as one page to look at: curves and intervals. Reads as the analyst, so it can show nothing else."""
