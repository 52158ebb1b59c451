"""The settings of the product for a machine without a cloud. What the person has set already wins."""

import os
from importlib import resources
from pathlib import Path

from local.stack.credentials import KEYS, Credentials

DEFAULTS = {
    "GCP_PROJECT_ID": "cvstomize-local",
    "GCS_RESUMES_BUCKET": "cvstomize-resumes",
    "GCS_UPLOADS_BUCKET": "cvstomize-uploads",
    "GCS_EXPORT_BUCKET": "cvstomize-export",
    "GCS_DATASETS_BUCKET": "cvstomize-datasets",
    "BIGQUERY_DATASET": "cvstomize",
    "ENABLE_CLOUD_STORAGE": "true",
    "ENVIRONMENT": "local",
    "LOG_LEVEL": "info",
    "WAREHOUSE": "postgres",
    "PGTZ": "UTC",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
}
BUCKET_SETTINGS = ("GCS_RESUMES_BUCKET", "GCS_UPLOADS_BUCKET", "GCS_EXPORT_BUCKET", "GCS_DATASETS_BUCKET")


def product_settings(credentials: Credentials) -> dict[str, str]:
    """All settings but the addresses of the services."""
    settings = DEFAULTS | {key: credentials.keys[key] for key in KEYS}
    settings |= {name: os.environ[name] for name in settings if os.environ.get(name)}
    return settings | {"NO_PROXY": _without_proxy("NO_PROXY"), "no_proxy": _without_proxy("no_proxy")}


def _without_proxy(name: str) -> str:
    """The person's list of hosts that need no proxy, with loopback in it: the stand-ins live there."""
    hosts = [host for host in os.environ.get(name, "").split(",") if host]
    return ",".join([*hosts, *(host for host in ("127.0.0.1", "localhost") if host not in hosts)])


def dagster_home(data_dir: Path) -> Path:
    """The folder Dagster keeps its runs in. Without a `dagster.yaml` there, runs would vanish at the end."""
    home = data_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    wanted = (resources.files("local.stack") / "dagster.yaml").read_text()
    settings = home / "dagster.yaml"
    if not settings.exists() or settings.read_text() != wanted:
        settings.write_text(wanted)
    return home
