"""Mail: to the console of a development machine, or by SMTP."""

from __future__ import annotations

import asyncio
import smtplib
import sys
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Protocol, TextIO

from api.outbox.settings import MailSettings

SMTP_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain-text message. `stop_url` is the one-click way out (RFC 8058)."""

    to: str
    subject: str
    text: str
    stop_url: str


class Sender(Protocol):
    """Delivers a mail or raises."""

    async def send(self, mail: Mail) -> None:
        """Deliver."""


def as_message(mail: Mail, sender: str) -> EmailMessage:
    """The message as it goes over the wire; the policy refuses line breaks in headers."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = formatdate(usegmt=True)
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{mail.stop_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    return message


class ConsoleSender:
    """Prints mails, so that the links can be followed without a mail server."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    async def send(self, mail: Mail) -> None:
        """Print one mail."""
        stream = self._stream or sys.stdout
        stream.write(f"--- mail to {mail.to}\nSubject: {mail.subject}\n\n{mail.text}\n---\n")
        stream.flush()


class SmtpSender:
    """Hands mails to an SMTP server."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    async def send(self, mail: Mail) -> None:
        """Deliver one mail. Raises OSError or smtplib.SMTPException."""
        await asyncio.to_thread(self._send, as_message(mail, self._settings.mail_from))

    def _send(self, message: EmailMessage) -> None:
        settings = self._settings
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SMTP_TIMEOUT_SECONDS) as server:
            if settings.smtp_starttls:
                server.starttls()
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(message)


def sender_for(settings: MailSettings) -> Sender:
    """The sender the settings name."""
    return SmtpSender(settings) if settings.mail_sender == "smtp" else ConsoleSender()
