"""What people call the built-in genres.

The words stand in the genre files. They are gathered once from the first lines of every file, because reading a word must
not cost the loading of sixteen genres.
"""

from functools import cache

import yaml

from sonicforge.genres.load import DATA


@cache
def genre_words() -> dict[str, str]:
    """Every lower-case name, title and synonym -> the genre's name."""
    words: dict[str, str] = {}
    for path in sorted(DATA.glob("*.yaml")):
        head = yaml.load(path.read_text("utf-8").split("\nmarkers:")[0], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        for word in (path.stem, path.stem.replace("_", " "), head["title"], *head.get("synonyms", ())):
            words.setdefault(word.lower(), path.stem)
    return words


def genre_name(word: str) -> str | None:
    """The built-in genre behind a name or synonym, or None."""
    plain = " ".join(word.lower().replace("_", " ").split())
    words = genre_words()
    return words.get(word.lower()) or words.get(plain) or words.get(plain.replace("-", " "))
