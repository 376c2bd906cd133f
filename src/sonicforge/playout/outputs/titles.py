"""Titles on their way to players: one line, safe in whatever carries them."""

import unicodedata

from sonicforge.playout.item import Item

ICY_UNIT = 16
ICY_MOST = 255 * ICY_UNIT


def one_line(text: str, most_bytes: int = 500) -> str:
    """`text` without line breaks and other control signs, at most `most_bytes` long as UTF-8, never cut in a letter."""
    visible = "".join(" " if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") else sign for sign in text)
    return " ".join(visible.split()).encode()[:most_bytes].decode(errors="ignore").rstrip()


def announced(item: Item) -> str:
    """As players show it: artist and title."""
    title, artist = one_line(item.title), one_line(item.artist, 200)
    return f"{artist} - {title}" if artist else title


def icy_block(title: str) -> bytes:
    """Metadata as ICY streams carry it: a length in units of 16 bytes, then the title in quotes, filled with zeros.

    The format knows no escape; players look for `';`, so a quote before a semicolon becomes a typographic one.
    """
    safe = one_line(title, ICY_MOST).replace("';", "’;")
    text = b"StreamTitle='" + safe.encode()[: ICY_MOST - 16].decode(errors="ignore").encode() + b"';"
    units = -(-len(text) // ICY_UNIT)
    return bytes([units]) + text.ljust(units * ICY_UNIT, b"\0")
