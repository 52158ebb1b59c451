"""The page header: contact data as visible text with real links behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from renderer.markdown import safe_address
from renderer.request import Contact

NOT_DIALLED = re.compile(r"[^0-9]")
EXTENSION = re.compile(r"(?:ext\.?|x|#)\s*\d+\s*$", re.IGNORECASE)
SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ContactItem:
    """One piece of the contact line. `address` is empty where nothing can be followed."""

    kind: str
    text: str
    address: str = ""

    @property
    def personal(self) -> bool:
        """Whether it belongs on the first contact line: how and where to reach the person."""
        return self.kind in {"email", "phone", "place"}


def contact_items(contact: Contact) -> list[ContactItem]:
    """Place, mail, phone, site and profiles in the order a recruiter looks for them; empty ones left out."""
    items = []
    if email := contact.email.strip():
        items.append(ContactItem("email", email, f"mailto:{quote(email, safe='@+.-_')}"))
    if phone := contact.phone.strip():
        items.append(ContactItem("phone", phone, telephone_address(phone)))
    place = ", ".join(part.strip() for part in (contact.city, contact.region, contact.country_code) if part.strip())
    if place:
        items.append(ContactItem("place", place))
    if url := contact.url.strip():
        items.append(web_item("site", url))
    for link in contact.links:
        if url := link.url.strip():
            items.append(web_item("profile", url))
        elif link.username.strip():
            network = link.network.strip()
            items.append(
                ContactItem("profile", f"{network}: {link.username.strip()}" if network else link.username.strip())
            )
    return items


def web_item(kind: str, url: str) -> ContactItem:
    """The address without scheme as text; a bare `linkedin.com/in/x` still becomes a link."""
    address = url if "://" in url or url.lower().startswith(("mailto:", "tel:")) else f"https://{url}"
    text = SCHEME.sub("", url)
    text = text[:-1] if text.endswith("/") and text.count("/") == 1 else text
    safe = safe_address(address)
    return ContactItem(kind, text or url, safe or "") if " " not in url else ContactItem(kind, url)


def telephone_address(phone: str) -> str:
    """`tel:` URI (RFC 3966) with the digits of a number as people write it; empty without digits."""
    number = EXTENSION.sub("", phone)
    digits = NOT_DIALLED.sub("", number.replace("(0)", "") if number.lstrip().startswith("+") else number)
    if not digits:
        return ""
    return f"tel:+{digits}" if number.lstrip().startswith("+") else f"tel:{digits}"
