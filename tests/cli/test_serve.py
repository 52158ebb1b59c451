"""What a start does not wait for."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LATER = {
    "google.cloud.storage", "google.genai", "weasyprint", "docx", "pdfminer", "jinja2", "httpx", "dagster", "dbt",
    "opentelemetry.sdk",
}  # fmt: skip
"""Each takes 20 ms to a second to import, and no answer to /health needs it."""


def test_a_start_imports_only_what_it_needs() -> None:
    code = (
        "import sys, api.main, cli.serve, cli.pool_size\n"
        f"print(sorted(name for name in {sorted(LATER)!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
