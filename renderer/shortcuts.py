"""Questions that WeasyPrint asks of every box and that our styles answer once.

No sheet of ours floats or positions anything, names pages or paints a background image, and few lengths are parts of
another one. So the answers hang on the style (see `renderer.kept_styles`), not on the box: a third of a layout was
spent on asking. Whatever a style does ask for takes the library's own way. That both ways lead to the same bytes, and
that no sheet grows a property that is taken to be absent here, is tested.
"""

from __future__ import annotations

from typing import Any

import weasyprint.draw as draw
import weasyprint.draw.border as draw_border_module
import weasyprint.layout.background as background_module
from weasyprint.draw.color import get_color
from weasyprint.formatting_structure import boxes, build
from weasyprint.layout import absolute, block, column, grid, inline, page, percent, table
from weasyprint.layout import float as float_module
from weasyprint.pdf.stream import Stream
from weasyprint.text import line_break
from weasyprint.text.constants import PANGO_DIRECTION
from weasyprint.text.ffi import ffi, gobject, pango, unicode_to_char_p
from weasyprint.text.fonts import font_features, get_font_description

SIDES = ("top", "right", "bottom", "left")
LENGTHS = (
    *(f"{kind}_{side}" for kind in ("margin", "padding") for side in SIDES),
    *(f"{prefix}{axis}" for prefix in ("", "min_", "max_") for axis in ("width", "height")),
)
FONT_VARIANTS = ("ligatures", "position", "caps", "numeric", "alternates", "east_asian")
RADII = tuple(f"border_{corner}_radius" for corner in ("top_left", "top_right", "bottom_right", "bottom_left"))
NO_RADII: dict[str, Any] = dict.fromkeys(RADII, (0, 0))

_original_percentages = percent.resolve_percentages
_original_collisions = float_module.avoid_collisions
_original_backgrounds = background_module.layout_box_backgrounds
_original_strut = line_break.strut
_original_border = draw_border_module.draw_border
_original_set_color = Stream.set_color
_original_add_font = Stream.add_font
_original_setup = line_break.Layout.setup


def install() -> None:
    """Take the short ways in every document of this process."""
    for module in (absolute, block, column, float_module, grid, inline, page, percent, table):
        module.resolve_percentages = resolve_percentages
    for module in (block, inline, float_module):
        module.avoid_collisions = avoid_collisions
    for module in (inline, line_break):
        module.strut = strut
    background_module.layout_box_backgrounds = layout_box_backgrounds
    line_break.Layout.setup = set_up_layout
    for pass_over_boxes in ("anonymous_table_boxes", "flex_boxes", "grid_boxes"):
        setattr(build, pass_over_boxes, lambda box: box)
    for module in (draw, draw_border_module):
        module.draw_border = draw_border
        module.draw_outline = draw_outline
    Stream.add_font = add_font
    Stream.set_color = set_color
    for question in ("is_floated", "is_footnote", "is_note", "is_running", "is_absolutely_positioned"):
        setattr(boxes.Box, question, lambda box: False)
    boxes.Box.is_in_normal_flow = lambda box: True
    boxes.ParentBox.page_values = boxes.Box.page_values


def resolve_percentages(box: Any, containing_block: Any) -> None:
    """Give a box the lengths that its style says; they depend on the box around it only where one is a percentage."""
    style = box.style
    lengths = style.__dict__.get("fixed_lengths")
    if lengths is None:
        lengths = style.fixed_lengths = fixed_lengths(style)
    if lengths:
        box.__dict__.update(lengths)
    else:
        _original_percentages(box, containing_block)


def fixed_lengths(style: Any) -> dict[str, Any]:
    """Margins, padding, borders, sizes in pixels; nothing if one of them cannot be told from the style alone."""
    if style["box_sizing"] != "content-box" or style["border_collapse"] == "collapse":
        return {}
    lengths: dict[str, Any] = {f"border_{side}_width": style[f"border_{side}_width"] for side in SIDES}
    for name in LENGTHS:
        value = style[name]
        if value == "auto":
            lengths[name] = 0 if name in {"min_width", "min_height"} else value
        elif getattr(value, "unit", None) == "px":
            lengths[name] = value.value
        else:
            return {}
    return lengths


def avoid_collisions(context: Any, box: Any, containing_block: Any, outer: bool = True) -> Any:
    """Where a line may stand: nothing floats, so its block's width is all there is."""
    if outer or context.excluded_shapes or not isinstance(box, boxes.LineBox):
        return _original_collisions(context, box, containing_block, outer)
    left = containing_block.content_box_x()
    right = left + containing_block.width - box.margin_right
    left += box.margin_left
    start = right if containing_block.style["direction"] == "rtl" else left
    return start - box.margin_left, box.position_y, right - left


def strut(style: Any) -> Any:
    """Line height and baseline of a style."""
    found = style.__dict__.get("kept_strut")
    if found is None:
        found = style.kept_strut = _original_strut(style)
    return found


def set_up_layout(layout: Any, style: Any) -> None:
    """A Pango layout in the font of a style, whose context and font description are made once."""
    kept = style.__dict__.get("pango_setting")
    if kept is None:
        kept = style.pango_setting = _pango_setting(style)
    if not kept:
        _original_setup(layout, style)
        return
    context, layout.language, description = kept
    layout.style = style
    layout.first_line_direction = 0
    layout.ascent = layout.underline_position = layout.strikethrough_position = None
    layout.layout = ffi.gc(pango.pango_layout_new(context), gobject.g_object_unref)
    pango.pango_layout_set_auto_dir(layout.layout, False)
    pango.pango_layout_set_font_description(layout.layout, description)


def _pango_setting(style: Any) -> tuple[Any, ...]:
    """Context, language and font description; nothing for a style with features or lines of its own."""
    features = font_features(
        style["font_kerning"],
        *(style[f"font_variant_{name}"] for name in FONT_VARIANTS),
        style["font_feature_settings"],
    )
    if features or style["text_decoration_line"] != "none" or style["font_language_override"] != "normal":
        return ()
    context = ffi.gc(pango.pango_font_map_create_context(style.font_config.font_map), gobject.g_object_unref)
    pango.pango_context_set_round_glyph_positions(context, False)
    pango.pango_context_set_base_dir(context, PANGO_DIRECTION[style["direction"]])
    language = pango.pango_language_get_default()
    if style["lang"]:
        letters, _ = unicode_to_char_p(style["lang"])
        language = pango.pango_language_from_string(letters)
        pango.pango_context_set_language(context, language)
    return context, language, get_font_description(style)


def layout_box_backgrounds(
    page_box: Any, box: Any, get_image: Any, layout_children: bool = True, style: Any = None
) -> None:
    """Backgrounds below a box; most styles have none."""
    if style is not None or not layout_children or not _is_plain(box.style):
        _original_backgrounds(page_box, box, get_image, False, style)
    else:
        box.__dict__.update(NO_RADII)
        box.background = None
    if layout_children:
        for child in box.all_children():
            layout_box_backgrounds(page_box, child, get_image)


def draw_border(stream: Any, box: Any) -> None:
    """The borders of a box, if its style has one; a box never has more than its style."""
    if _has_border(box.style):
        _original_border(stream, box)


def draw_outline(stream: Any, box: Any) -> None:
    """The outline of a box and of all below it: no sheet has one."""


def add_font(stream: Any, pango_font: Any) -> Any:
    """The font of a run. All fonts of a document live as long as its lines, so their addresses tell them apart."""
    address = int(ffi.cast("uintptr_t", pango_font))
    known = stream.__dict__.setdefault("fonts_by_address", {})
    found = known.get(address)
    if found is None:
        found = known[address] = _original_add_font(stream, pango_font)
    return found


def set_color(stream: Any, color: Any, stroke: bool = False) -> None:
    """A colour that is set already need not be taken apart to find that out."""
    if not stroke:
        state = color, stream._current_color, stream._current_alpha
        if stream.__dict__.get("kept_colour") == state and None not in state:
            return
    _original_set_color(stream, color, stroke)
    if not stroke:
        stream.kept_colour = color, stream._current_color, stream._current_alpha


def _has_border(style: Any) -> bool:
    has: bool | None = style.__dict__.get("has_border")
    if has is None:
        has = style.has_border = not (
            all(style[f"border_{side}_width"] == 0 for side in SIDES)
            and style["border_image_source"][0] == "none"
            and style["column_width"] == "auto" == style["column_count"]
        )
    return has


def _is_plain(style: Any) -> bool:
    plain: bool | None = style.__dict__.get("is_plain")
    if plain is None:
        plain = style.is_plain = (
            style["border_image_source"][0] == "none" == style["mask_border_source"][0]
            and style["visibility"] != "hidden"
            and all(kind == "none" for kind, _ in style["background_image"])
            and get_color(style, "background_color").alpha == 0
            and not style["box_shadow"]
            and all((0, "px") in style[radius] for radius in RADII)
        )
    return plain
