"""Which characters the visible fonts can draw, asked of fontconfig itself.

WeasyPrint sets a missing character as a glyph that no font has and thereby makes the neighbours in the same font
unreadable for pdfminer and pypdf. So a missing character is replaced before layout and reported.
"""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path

FONTCONFIG_FILE = Path(__file__).parent / "fontconfig" / "fonts.conf"
# An empty box, as a missing glyph looks. Not U+FFFD: MuPDF takes that for "no text known" and invents another letter.
REPLACEMENT = "□"
PLAIN_REPLACEMENT = "?"
LOST = "\ufffd"
CHARSET = b"charset"
EVERYWHERE = re.compile(
    "[\n\x20-\x7e\u00a0-\u00ac\u00ae-\u00b1\u00b4-\u00b8\u00ba-\u0148\u014a-\u017f\u2010-\u2015\u2018-\u201a\u201c-\u201e\u2022\u2026\u20ac]*"
)


class _FontSet(ctypes.Structure):
    _fields_ = [("nfont", ctypes.c_int), ("sfont", ctypes.c_int), ("fonts", ctypes.POINTER(ctypes.c_void_p))]


def is_surely_drawn(text: str) -> bool:
    """Whether every bundled font has all of it: then no font needs to be asked. A no means nothing."""
    return EVERYWHERE.fullmatch(text) is not None


def use_own_fonts() -> None:
    """Make this process see the bundled and the Noto fonts only. Must run before Pango is loaded."""
    os.environ["FONTCONFIG_FILE"] = str(FONTCONFIG_FILE)


class Coverage:
    """The union of all visible fonts' characters, read once per process."""

    def __init__(self) -> None:
        library = ctypes.CDLL("libfontconfig.so.1")
        library.FcInitLoadConfigAndFonts.restype = ctypes.c_void_p
        library.FcConfigGetFonts.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.FcConfigGetFonts.restype = ctypes.POINTER(_FontSet)
        library.FcPatternGetCharSet.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_int,
            ctypes.POINTER(ctypes.c_void_p),
        ]
        library.FcCharSetCreate.restype = ctypes.c_void_p
        library.FcCharSetMerge.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        library.FcCharSetHasChar.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        self._library = library
        self._characters = library.FcCharSetCreate()
        fonts = library.FcConfigGetFonts(library.FcInitLoadConfigAndFonts(), 0)
        charset = ctypes.c_void_p()
        for index in range(fonts.contents.nfont if fonts else 0):
            if library.FcPatternGetCharSet(fonts.contents.fonts[index], CHARSET, 0, ctypes.byref(charset)) == 0:
                library.FcCharSetMerge(self._characters, charset, None)

    def has(self, character: str) -> bool:
        """Whether some visible font draws the character. White space needs no font."""
        return character.isspace() or bool(self._library.FcCharSetHasChar(self._characters, ord(character)))

    @property
    def replacement(self) -> str:
        """What stands for a character that cannot be drawn: a box if some font has one."""
        return REPLACEMENT if self.has(REPLACEMENT) else PLAIN_REPLACEMENT

    def missing(self, text: str) -> tuple[str, ...]:
        """Distinct characters of `text` that no visible font draws, in code point order.

        The sign for a lost character is always one of them: no reader could tell it from a loss of its own.
        """
        found = (character for character in sorted(set(text)) if ord(character) > 0x7E)
        return tuple(character for character in found if character == LOST or not self.has(character))
