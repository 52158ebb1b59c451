"""The last touch on the tag tree: every list item is a label and a body, as PDF/UA wants it.

WeasyPrint leaves out the body when the marker stands inside the item's first line.
"""

from __future__ import annotations

from typing import Any

import pydyf  # type: ignore[import-untyped]

LABEL = "/Lbl"
BODY = "/LBody"


def complete_list_items(document: Any, pdf: Any) -> None:
    """Put all children of each `LI` but its label into one `LBody`. A finisher for WeasyPrint's `write_pdf`."""
    elements = {
        item.reference: item
        for item in pdf.objects
        if isinstance(item, pydyf.Dictionary) and item.get("Type") == "/StructElem"
    }
    for item in list(elements.values()):
        if item["S"] != "/LI":
            continue
        kids = [(kid, elements.get(kid)) for kid in item["K"]]
        labels = [kid for kid, element in kids if element is not None and element["S"] == LABEL]
        rest = [(kid, element) for kid, element in kids if kid not in labels]
        if not rest or any(element is not None and element["S"] == BODY for _, element in rest):
            continue
        body = pydyf.Dictionary(
            {
                "Type": "/StructElem",
                "S": BODY,
                "K": pydyf.Array(kid for kid, _ in rest),
                "Pg": item["Pg"],
                "P": item.reference,
            }
        )
        pdf.add_object(body)
        for _, element in rest:
            if element is not None:
                element["P"] = body.reference
        item["K"] = pydyf.Array([*labels, body.reference])
