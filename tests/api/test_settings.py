"""Start-up, named for the incidents of the service this replaces: DATABASE_URL missing, PORT set by hand."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from api.settings import SettingsError, load_settings

GOOD = {
    "ENVIRONMENT": "local",
    "DATABASE_URL": "postgresql://cvstomize_app:s3cret-word@127.0.0.1/cvstomize",
    "GCP_PROJECT_ID": "p",
    "GCS_RESUMES_BUCKET": "r",
    "GCS_UPLOADS_BUCKET": "u",
    "AUTH_TOKEN_SECRET": "a" * 32,
    "LINK_SIGNING_KEY": "l" * 32,
}


OIDC = {"OIDC_ISSUER": "https://securetoken.google.com/p", "OIDC_AUDIENCE": "p"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "PORT",
        "ENABLE_CLOUD_STORAGE",
        "CORS_ALLOWED_ORIGINS",
        "OIDC_ISSUER",
        "OIDC_AUDIENCE",
        "OIDC_JWKS_URL",
        *GOOD,
    ):
        monkeypatch.delenv(name, raising=False)


def use(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> None:
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)


def test_all_missing_settings_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "local")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    for name in ("DATABASE_URL", "GCP_PROJECT_ID", "LINK_SIGNING_KEY"):
        assert f"{name}: is missing; example: " in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DATABASE_URL": "mysql://user:s3cret-word@h/d"}, "DATABASE_URL: must start with postgresql://"),
        ({"DATABASE_URL": "postgresql://user:s3cret-word@h"}, "DATABASE_URL: names no database"),
        ({"DATABASE_URL": "not a url s3cret-word"}, "DATABASE_URL: is not a database URL"),
        ({"PORT": "eighty"}, "PORT: "),
        ({"PORT": "70000"}, "PORT: "),
        ({"WAREHOUSE": "oracle"}, "WAREHOUSE: "),
        ({"LINK_SIGNING_KEY": "s3cret-word"}, "LINK_SIGNING_KEY: "),
        ({"GCS_RESUMES_BUCKET": None}, "GCS_RESUMES_BUCKET: is needed"),
        ({"AUTH_TOKEN_SECRET": None}, "AUTH_TOKEN_SECRET: is needed"),
        ({"ENVIRONMENT": "production"}, "OIDC_ISSUER and OIDC_AUDIENCE: are needed in production"),
        ({"ENVIRONMENT": "production", **OIDC}, "AUTH_TOKEN_SECRET: belongs to the development issuer"),
        ({"OIDC_ISSUER": OIDC["OIDC_ISSUER"]}, "OIDC_ISSUER and OIDC_AUDIENCE: go together"),
        ({**OIDC, "OIDC_ISSUER": "http://accounts.example"}, "OIDC_ISSUER: must start with https://"),
        ({**OIDC, "OIDC_JWKS_URL": "file:///s3cret-word"}, "OIDC_JWKS_URL: must start with https://"),
        ({"BIGQUERY_DATASET": "a-b; drop"}, "BIGQUERY_DATASET: "),
    ],
)
def test_a_malformed_setting_is_named_and_its_value_never_shown(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], words: str
) -> None:
    use(monkeypatch, **changes)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert words in str(raised.value)
    assert "s3cret-word" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://cvstomize_app:p@127.0.0.1:5432/cvstomize",
        "postgres://cvstomize_app:p@db.example/cvstomize",
        "postgresql+psycopg://cvstomize_app:p@db.example/cvstomize",
        "postgresql://cvstomize_app:p@/cvstomize?host=/cloudsql/project:region:instance",
    ],
)
def test_tcp_and_socket_urls_are_understood(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    use(monkeypatch, DATABASE_URL=url)
    assert load_settings().database_url.get_secret_value() == url


def test_port_is_read_and_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)
    assert load_settings().port == 8080
    monkeypatch.setenv("PORT", "9001")
    assert load_settings().port == 9001


def test_origins_are_a_comma_separated_list(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, CORS_ALLOWED_ORIGINS="https://a.example, https://b.example")
    assert load_settings().cors_allowed_origins == ("https://a.example", "https://b.example")


def test_storage_off_needs_no_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, ENABLE_CLOUD_STORAGE="false", GCS_RESUMES_BUCKET=None, GCS_UPLOADS_BUCKET=None)
    assert not load_settings().enable_cloud_storage


def test_production_starts_without_the_development_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, ENVIRONMENT="production", AUTH_TOKEN_SECRET=None, **OIDC)
    assert not load_settings().local_issuer_enabled


@pytest.mark.parametrize("environment", ["production", None])
def test_the_development_issuer_cannot_start_in_production(environment: str | None) -> None:
    """Also when nobody says where it runs."""
    given = {**GOOD, **OIDC, "ENVIRONMENT": environment, "PATH": os.environ["PATH"]}
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", "serve"],
        env={name: value for name, value in given.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 78
    assert "AUTH_TOKEN_SECRET" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert GOOD["AUTH_TOKEN_SECRET"] not in ended.stderr


def test_the_process_exits_78_with_one_line_each_and_no_traceback() -> None:
    environment = {"PATH": os.environ["PATH"], "ENVIRONMENT": "local", "DATABASE_URL": "mysql://u:s3cret-word@h/d"}
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", "serve"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 78
    assert "DATABASE_URL: must start with postgresql://" in ended.stderr
    assert "GCP_PROJECT_ID: is missing" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "s3cret-word" not in ended.stderr
