"""What people call the genres.

The words stand in the genre files. Only the first lines of each file are read for them, because understanding a word
must not cost the loading of sixteen genres.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sonicforge.genres.load import DATA

HEAD_ENDS = "\nmarkers:"


def genre_words(folder: Path | None = None) -> dict[str, str]:
    """Every lower-case name, title and synonym -> the genre's name; an owner's folder comes first."""
    words: dict[str, str] = {}
    for place in (folder, DATA):
        for path in sorted(place.glob("*.yaml")) if place is not None and place.is_dir() else ():
            for word in _words(path, path.stat().st_mtime_ns):
                words.setdefault(word, path.stem)
    return words


def genre_name(word: str, folder: Path | None = None) -> str | None:
    """The genre behind a name or synonym, or None."""
    wanted = _folded(word)
    return next((name for known, name in genre_words(folder).items() if _folded(known) == wanted), None)


def _folded(word: str) -> str:
    """Lower case, with hyphens and underscores as spaces."""
    return " ".join(word.lower().replace("_", " ").replace("-", " ").split())


@lru_cache(maxsize=256)
def _words(path: Path, _changed_ns: int) -> tuple[str, ...]:
    """Name, title and synonyms of one file; a file that cannot be read is told when it is loaded, not here."""
    head = _head(path)
    synonyms = head.get("synonyms")
    words = [path.stem.replace("_", " "), str(head.get("title", ""))]
    words += map(str, synonyms) if isinstance(synonyms, list) else ()
    return tuple(" ".join(word.lower().split()) for word in words if word.strip())


def _head(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = path.read_text("utf-8")
        head = yaml.load(text.split(HEAD_ENDS)[0], Loader=loader)  # noqa: S506  both are safe loaders
        if not isinstance(head, dict) or "synonyms" not in head:
            head = yaml.load(text, Loader=loader)  # noqa: S506
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return head if isinstance(head, dict) else {}
