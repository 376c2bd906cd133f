"""Words that come from people, made fit to be kept and to be found again."""

import unicodedata

from sonicforge.errors import BadInput


def one_line(name: str, text: str, most: int, *, least: int = 1) -> str:
    """The text as one printable line; line breaks and control characters become spaces.

    Raises `BadInput` unless it has `least` to `most` letters then.
    """
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if not least <= len(line) <= most:
        raise BadInput(f"{name} has {len(line)} letters, but must have {least} to {most}")
    return line


def identity(name: str, text: str) -> str:
    """An id from outside (listener, client, key) as it is: 1 to 200 printable letters without spaces at its ends."""
    if not 1 <= len(text) <= 200 or not text.isprintable() or text != text.strip():
        raise BadInput(f"{name} is {text[:40]!r}, but must be 1 to 200 printable letters")
    return text


def folded(text: str) -> str:
    """Lower case without accents, everything but letters and digits as single spaces: for finding and sorting."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = (letter if letter.isalnum() else "" if unicodedata.combining(letter) else " " for letter in plain)
    return " ".join("".join(letters).split())
