"""One style for all list markers that look the same.

WeasyPrint shares computed styles between elements of one parent that the same rules match, but not between their
markers: each bullet computed a hundred properties of its own, a fifteenth of a render.
"""

from __future__ import annotations

from typing import Any

from weasyprint.css import StyleFor

_original = StyleFor.set_computed_styles


def install() -> None:
    """Share marker styles in every document of this process."""
    StyleFor.set_computed_styles = set_computed_styles


def set_computed_styles(
    styles: Any, element: Any, parent: Any, root: Any = None, pseudo_type: str | None = None, **options: Any
) -> None:
    """Compute the style, or take that of an earlier marker with the same declarations below the same item style."""
    if pseudo_type != "marker":
        _original(styles, element, parent, root=root, pseudo_type=pseudo_type, **options)
        return
    computed = styles.get_computed_styles()
    declarations = styles.get_cascaded_styles()[element, pseudo_type]
    key = (
        id(computed[parent, None]),
        tuple((name, id(value), weight) for name, (value, weight) in declarations.items()),
    )
    shared = styles.__dict__.setdefault("marker_styles", {})
    if key not in shared:
        _original(styles, element, parent, root=root, pseudo_type=pseudo_type, **options)
        shared[key] = computed[element, pseudo_type]
    computed[element, pseudo_type] = shared[key]
