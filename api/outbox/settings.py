"""How the worker sends mail."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class MailSettings(BaseSettings):
    """Read by the worker only; the API sends nothing."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    mail_sender: Literal["console", "smtp"] = Field("console", examples=["smtp"])
    mail_from: str = Field("CVstomize <no-reply@cvstomize.example>", examples=["CVstomize <no-reply@cv.example>"])
    smtp_host: str = Field("", examples=["smtp.example.com"])
    smtp_port: int = Field(587, ge=1, le=65535, examples=["587"])
    smtp_user: str = Field("", examples=["mailer"])
    smtp_password: SecretStr | None = Field(None, examples=["secret"])
    smtp_starttls: bool = Field(True, examples=["true"])

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.mail_sender == "smtp" and not self.smtp_host:
            raise ValueError("SMTP_HOST: is needed while MAIL_SENDER is smtp; example: smtp.example.com")
        return self
