"""Every setting of the API, read once at start. All problems are reported together, by name, with an example.

The service this replaces died at its first request because DATABASE_URL was missing; this one does not start, and
says so before it listens. Secrets are never printed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.auth.rules.addresses import is_safe_address
from api.db.url import EXAMPLE as DATABASE_EXAMPLE
from api.db.url import parse_database_url

EXIT_CONFIGURATION = 78
"""sysexits.h EX_CONFIG: a supervisor can tell a wrong setting from a crash."""


class SettingsError(Exception):
    """One or more settings are missing or malformed. The message has one line for each."""


def _check_database_url(value: SecretStr) -> SecretStr:
    parse_database_url(value.get_secret_value())
    return value


DatabaseUrl = Annotated[SecretStr, AfterValidator(_check_database_url)]


def _check_safe_address(value: str) -> str:
    if not is_safe_address(value):
        raise ValueError("must start with https://")
    return value


SafeAddress = Annotated[str, AfterValidator(_check_safe_address)]
"""Where keys or documents of the identity provider come from. http:// is taken for this machine only, for tests."""


class Settings(BaseSettings):
    """Settings by the names the deployed service already uses. `docs/settings.md` describes each."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False, frozen=True)

    environment: Literal["local", "test", "staging", "production"] = Field("production", examples=["production"])
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", examples=["info"])
    port: int = Field(8080, ge=1, le=65535, examples=["8080"])

    database_url: DatabaseUrl = Field(examples=[DATABASE_EXAMPLE])
    eraser_database_url: DatabaseUrl | None = Field(None, examples=[DATABASE_EXAMPLE])
    database_pool_size: int = Field(5, ge=1, le=100, examples=["5"])
    database_pooler: bool = Field(False, examples=["false"])

    gcp_project_id: str = Field(min_length=1, examples=["my-project"])
    enable_cloud_storage: bool = Field(True, examples=["true"])
    gcs_resumes_bucket: str = Field("", examples=["my-project-resumes"])
    gcs_uploads_bucket: str = Field("", examples=["my-project-uploads"])
    storage_emulator_host: str | None = Field(None, examples=["http://127.0.0.1:4443"])

    warehouse: Literal["postgres", "bigquery"] = Field("postgres", examples=["postgres"])
    bigquery_dataset: str = Field("cvstomize", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,200}$", examples=["cvstomize"])

    auth_token_secret: SecretStr | None = Field(None, min_length=32, examples=["at least 32 random characters"])
    oidc_issuer: SafeAddress | None = Field(None, examples=["https://securetoken.google.com/my-project"])
    oidc_audience: str | None = Field(None, examples=["my-project"])
    oidc_jwks_url: SafeAddress | None = Field(None, examples=["https://accounts.example/keys"])
    link_signing_key: SecretStr = Field(min_length=32, examples=["at least 32 random characters"])

    public_base_url: str = Field("http://localhost:8080", pattern=r"^https?://[^\s]+$", examples=["https://cv.example"])
    cors_allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field((), examples=["https://app.example"])

    trusted_proxy_hops: int = Field(0, ge=0, le=10, examples=["1"])
    rate_limit_scale: float = Field(1.0, ge=0, le=1_000, allow_inf_nan=False, examples=["1"])
    otel_exporter_otlp_endpoint: str | None = Field(
        None, pattern=r"^https?://[^\s]+$", examples=["http://127.0.0.1:4318"]
    )

    vertex_project: str | None = Field(None, examples=["my-project"])
    vertex_location: str = Field("us-central1", examples=["us-central1"])
    vertex_model: str | None = Field(None, examples=["gemini-2.5-flash"])
    vertex_base_url: str | None = Field(None, examples=["http://127.0.0.1:9100"])

    @model_validator(mode="before")
    @classmethod
    def _split_origins(cls, values: Any) -> Any:
        """Read the comma-separated list an environment variable can hold."""
        origins = values.get("cors_allowed_origins") if isinstance(values, dict) else None
        if isinstance(origins, str):
            values = {
                **values,
                "cors_allowed_origins": tuple(part.strip() for part in origins.split(",") if part.strip()),
            }
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Rules between settings, so that a deployment cannot be half configured."""
        problems = []
        if self.enable_cloud_storage:
            problems += [
                f"{name.upper()}: is needed while ENABLE_CLOUD_STORAGE is true; example: my-bucket"
                for name in ("gcs_resumes_bucket", "gcs_uploads_bucket")
                if not getattr(self, name)
            ]
        if self.environment != "production" and self.auth_token_secret is None:
            problems.append("AUTH_TOKEN_SECRET: is needed outside production; example: at least 32 random characters")
        if self.environment == "production" and self.auth_token_secret is not None:
            problems.append(
                "AUTH_TOKEN_SECRET: belongs to the development issuer, which cannot run in production; take it out,"
                " or set ENVIRONMENT; example: local"
            )
        provider = (self.oidc_issuer, self.oidc_audience)
        if self.environment == "production" and not all(provider):
            problems.append(
                "OIDC_ISSUER and OIDC_AUDIENCE: are needed in production, where the development issuer is off;"
                " example: https://securetoken.google.com/my-project and my-project"
            )
        elif any(provider) and not all(provider):
            problems.append("OIDC_ISSUER and OIDC_AUDIENCE: go together; example: my-project")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def local_issuer_enabled(self) -> bool:
        """Whether people register with a password here. Never in production."""
        return self.environment != "production"


def _example(name: str) -> str:
    field = Settings.model_fields.get(name)
    examples = field.examples if field else None
    return f"; example: {examples[0]}" if examples else ""


def load_settings() -> Settings:
    """Read the environment.

    Raises SettingsError with one line per missing or malformed setting; values are never repeated.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            name = str(problem["loc"][0]) if problem["loc"] else ""
            message = problem["msg"].removeprefix("Value error, ")
            if not name:
                lines.append(message)
            elif problem["type"] == "missing":
                lines.append(f"{name.upper()}: is missing{_example(name)}")
            else:
                lines.append(f"{name.upper()}: {message[0].lower()}{message[1:]}{_example(name)}")
        raise SettingsError("\n".join(lines)) from None
