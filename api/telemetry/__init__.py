"""What this process tells a collector about itself: spans, and measures with labels from fixed lists."""
