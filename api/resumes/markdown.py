"""The Markdown a person downloads: the stored body under its contact block."""

from __future__ import annotations

import re

from renderer import Contact

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!])")


def escape(text: str) -> str:
    """Make text literal Markdown on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def with_contact(body: str, contact: Contact) -> str:
    """The document with name, label and ways to reach the person on top."""
    place = ", ".join(part for part in (contact.city, contact.region, contact.country_code) if part)
    links = [link.url or f"{link.network}: {link.username}" for link in contact.links]
    reach = [escape(part) for part in (contact.email, contact.phone, place, contact.url, *links) if part]
    lines = [f"# {escape(contact.name)}"]
    if contact.label:
        lines.append(escape(contact.label))
    if reach:
        lines.append(" | ".join(reach))
    return "\n\n".join([*lines, body.strip()]) + "\n"
