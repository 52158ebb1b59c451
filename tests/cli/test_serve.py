"""What a start does not wait for."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LATER = {
    "google.cloud.storage", "google.genai", "weasyprint", "docx", "pdfminer", "jinja2", "httpx", "dagster", "dbt",
    "opentelemetry.sdk", "rich", "pydantic.v1", "watchfiles", "websockets", "jwt", "cryptography", "markdown_it",
    "typer", "email_validator",
}  # fmt: skip
"""Each takes 5 ms to a second to import, and no answer to /health needs it."""


def test_a_start_imports_only_what_it_needs() -> None:
    code = (
        "import sys, cli.main, cli.serve\n"
        "with cli.serve.left_out(): import uvicorn, api.main, cli.pool_size, cli.startup\n"
        f"print(sorted(name for name in {sorted(LATER)!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_what_a_start_left_out_can_be_imported_afterwards() -> None:
    code = (
        "import sys\n"
        "from cli.unneeded import UNNEEDED, left_out\n"
        "with left_out():\n"
        "    import structlog\n"
        "    assert sys.modules['rich'] is None\n"
        "assert not set(UNNEEDED) & set(sys.modules)\n"
        "import rich.console\n"
        "with left_out(): assert sys.modules['rich'] is rich\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, timeout=60, check=True)


def test_what_a_start_left_out_is_loaded_beside_the_first_requests() -> None:
    code = (
        "import sys, asyncio\n"
        "from api import first_use\n"
        "assert not set(first_use.LIBRARIES) & set(sys.modules)\n"
        "asyncio.run(first_use.load_soon())\n"
        "assert set(first_use.LIBRARIES) <= set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, timeout=60, check=True)


def test_the_document_is_the_same_after_a_start_that_left_its_models_for_later() -> None:
    code = (
        "from cli.unneeded import left_out\n"
        "with left_out(): from cli.openapi import DOCUMENT, current_document\n"
        "from pydantic import BaseModel\n"
        "assert 'defer_build' not in BaseModel.model_config\n"
        "assert current_document() == DOCUMENT.read_text()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, timeout=60, check=True)
