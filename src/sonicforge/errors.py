"""The whole family of errors. An error names the value it met and the range or names it wanted.

SonicForgeError
├── BadInput            what a person asked for cannot be
│   ├── OutOfRange      a number outside its range
│   ├── UnknownName     a genre, mood, key, format ... that does not exist
│   ├── Conflict        two wishes that exclude each other
│   └── NotFound        a track, station or job that is not there (any more)
├── BadDataFile         a genre or patch file that breaks its schema
├── UnreadableAudio     a file that is not sound, or too short to judge
├── CannotWrite         a folder or disk that refuses
├── Busy                the library is held by somebody else for too long
├── NewerData           data that a newer version has written
├── LostLease           a job that somebody else works on by now
└── Abandoned           a candidate given up early because it cannot pass any more
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SonicForgeError(Exception):
    """Anything a person can be told in one line."""


class BadInput(SonicForgeError):
    """What was asked for cannot be."""


class OutOfRange(BadInput):
    """A number outside its range."""

    def __init__(self, name: str, value: object, low: object, high: object, unit: str = "") -> None:
        suffix = f" {unit}" if unit else ""
        super().__init__(f"{name} is {value}, but must be between {low} and {high}{suffix}")
        self.name, self.value, self.low, self.high = name, value, low, high


class UnknownName(BadInput):
    """A name that does not exist; lists what does."""

    def __init__(self, kind: str, value: object, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(str(value).lower(), names, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        super().__init__(f"there is no {kind} {str(value)!r}{hint}; known: {', '.join(names)}")
        self.kind, self.value, self.known = kind, value, names


class Conflict(BadInput):
    """Two wishes that exclude each other."""


class NotFound(BadInput):
    """Something asked for by its id that is not there (any more)."""

    def __init__(self, kind: str, name: object) -> None:
        super().__init__(f"there is no {kind} {str(name)[:80]!r}")
        self.kind, self.name = kind, name


class BadDataFile(SonicForgeError):
    """A data file that breaks its schema."""

    def __init__(self, file: object, key: str, problem: str) -> None:
        super().__init__(f"{file}: {key}: {problem}")
        self.file, self.key, self.problem = file, key, problem


class UnreadableAudio(SonicForgeError):
    """A file that holds no sound we can read, or too little of it."""


class CannotWrite(SonicForgeError):
    """A folder or disk that refuses."""


class Busy(SonicForgeError):
    """The library is held by somebody else for too long; trying again may help."""


class NewerData(SonicForgeError):
    """Data that a newer version has written; this one must not touch it."""


class LostLease(SonicForgeError):
    """A job that was given to somebody else meanwhile, or has ended; what was done for it must not count."""


class Abandoned(SonicForgeError):
    """A candidate given up early because it cannot pass any more; carries the reasons."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))
