"""A person's words, read piece by piece: what has been understood is blanked out, so that nothing is read twice."""

import re
from collections.abc import Iterable, Mapping

LONGEST = 4000
"""Characters of a text that are read; nobody needs more to ask for a track."""


class Phrase:
    """Text under reading. `words` keeps the case of the original for note names, `rest` what is not understood yet."""

    def __init__(self, text: str) -> None:
        spaced = "".join(" " if char.isspace() else char for char in text[:LONGEST])
        plain = "".join(char for char in spaced if char.isprintable())
        folded = plain.translate(str.maketrans("’‘“”–—_", "''\"\"-- "))
        self.words = folded if len(folded) == len(folded.lower()) else folded.lower()
        self.rest = self.words.lower()

    def take(self, pattern: str) -> re.Match[str] | None:
        """The first match in lower case, blanked out."""
        found = re.search(pattern, self.rest)
        if found:
            self.blank(found)
        return found

    def take_cased(self, pattern: str) -> re.Match[str] | None:
        """The first match in the original spelling that is not understood yet, blanked out."""
        for found in re.finditer(pattern, self.words):
            if self.rest[found.start() : found.end()] == found[0].lower():
                self.blank(found)
                return found
        return None

    def take_names(self, names: Mapping[str, str]) -> list[tuple[re.Match[str], str]]:
        """Every known name in the text with its meaning, longest names first, in the order of the text."""
        found = []
        for word in sorted(names, key=lambda name: (-len(name), name)):
            if word.split(" ")[0].split("-")[0] not in self.rest:
                continue
            while match := re.search(_whole(word), self.rest):
                self.blank(match)
                found.append((match, names[word]))
        return sorted(found, key=lambda pair: pair[0].start())

    def before(self, start: int, most: int = 40) -> str:
        """The original words just in front of a place, lower case."""
        return self.words.lower()[max(0, start - most) : start]

    def blank(self, found: re.Match[str]) -> None:
        self.rest = self.rest[: found.start()] + "\x00" * (found.end() - found.start()) + self.rest[found.end() :]


def _whole(word: str) -> str:
    spaced = r"[\s-]+".join(re.escape(part) for part in re.split(r"[\s-]+", word))
    return rf"(?<![\w'])(?:{spaced})(?![\w'])"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
