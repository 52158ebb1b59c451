"""Where tuning happens, and whom an evaluation asks.

Without a tuning location or a stand-in Vertex counts as not configured, which is no error.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class VertexSettings(BaseSettings):
    """Settings from the environment. Newer models tune in one location and serve in another, so there are two."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore", env_ignore_empty=True, frozen=True)

    gcp_project_id: str = Field(min_length=1, description="The Google Cloud project.")
    vertex_project: str | None = Field(default=None, description="Project of the tuning jobs, if it is another one.")
    vertex_tuning_location: str | None = Field(default=None, description="Where tuning jobs run.")
    vertex_location: str = Field(default="us-central1", description="Where base models answer; read by the API too.")
    vertex_model: str | None = Field(default=None, description="The model in use until one is promoted.")
    vertex_judge_model: str = Field(default="gemini-2.5-flash", description="Who compares two resumes.")
    vertex_base_url: str | None = Field(default=None, description="The Vertex stand-in, for local runs and tests.")
    vertex_tuning_budget_usd: Decimal = Field(default=Decimal(50), ge=0, description="Most one run may cost.")
    vertex_tuning_nightly: bool = Field(default=False, description="Launch a run of each night's dataset by itself.")
    environment: str = Field(default="development", description="Name of the deployment.")

    @property
    def is_configured(self) -> bool:
        """Whether there is a Vertex to tune on."""
        return bool(self.vertex_tuning_location or self.vertex_base_url)

    @property
    def location(self) -> str:
        """Where tuning jobs run."""
        return self.vertex_tuning_location or "us-central1"

    @property
    def launches_at_night(self) -> bool:
        """Whether the nightly job launches what it planned. A run costs money, so somebody has to have asked for it."""
        return self.vertex_tuning_nightly or self.is_synthetic

    @property
    def is_synthetic(self) -> bool:
        """Whether a stand-in answers: nothing it makes may be promoted outside ENVIRONMENT=local."""
        return self.vertex_base_url is not None
