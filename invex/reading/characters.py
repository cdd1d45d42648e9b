"""Characters as a person would type them: ligatures apart, invisible ones gone."""

from __future__ import annotations

import unicodedata

# White space by which words are split, beyond str.isspace(): none of these is printed.
_INVISIBLE = (
    0x00AD,  # soft hyphen
    0x200B,  # zero-width space
    0x200C,
    0x200D,
    0x200E,  # writing direction marks
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2065),
    0xFEFF,  # byte order mark
)
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_LINE_END_HYPHENS = {0x02: "-", 0xFFFE: "-"}  # pdfium's marks for a hyphen at the end of a line
_CONTROLS = dict.fromkeys((c for c in (*range(0x20), *range(0x7F, 0xA0)) if not chr(c).isspace()), None)
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # half a pair is no character

REPLACEMENTS: dict[int, str | None] = {
    **_CONTROLS,
    **dict.fromkeys(_INVISIBLE, None),
    **_LIGATURES,
    **_FULL_WIDTH,
    **_SURROGATES,
    **_LINE_END_HYPHENS,
}


def normalise(text: str) -> str:
    """Return `text` with ligatures and full-width forms taken apart, accents composed, invisible characters dropped.

    Superscripts and fractions stay: "m²" is not "m2".
    """
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", text.translate(REPLACEMENTS))
