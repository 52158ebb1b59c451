"""How many proxies stand in front of the service."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProxySettings(BaseSettings):
    """On Cloud Run without a load balancer there is one."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    trusted_proxy_hops: int = Field(0, ge=0, le=10, examples=["1"])


@lru_cache(maxsize=1)
def trusted_proxy_hops() -> int:
    """TRUSTED_PROXY_HOPS, read once."""
    return ProxySettings().trusted_proxy_hops
