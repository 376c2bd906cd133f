"""`Concept`: what to make, in a person's terms. Everything left open is chosen by the seed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sonicforge.errors import BadInput, Conflict, OutOfRange
from sonicforge.genres.instrument import instrument_name
from sonicforge.genres.mood import mood_name
from sonicforge.genres.synonym import genre_name
from sonicforge.music.scale import Key

BPM = (30.0, 300.0)
LENGTH_S = (10.0, 1800.0)
ENERGY = (0.0, 1.0)
SEED = (0, 2**63 - 1)
_NUMBERS = {"bpm": (*BPM, "bpm"), "length_s": (*LENGTH_S, "seconds"), "energy": (*ENERGY, "")}
_TEXTS = ("genre", "key", "form", "text")
_LISTS = ("mood", "instruments", "without")


@dataclass(frozen=True, slots=True)
class Concept:
    """A wish for a track; None and empty mean "chosen by the seed".

    `mood` are mood words, `key` as in "F minor", `energy` 0 calm .. 1 full, `length_s` seconds, `form` a form of the
    genre, `instruments` what to feature and `without` what to leave out, `text` the words it was made from.
    """

    genre: str | None = None
    mood: tuple[str, ...] = ()
    bpm: float | None = None
    key: str | None = None
    energy: float | None = None
    length_s: float | None = None
    form: str | None = None
    instruments: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    text: str = ""
    seed: int = 0

    def validated(self) -> "Concept":
        """The same wish with its words in standard form.

        Raises `OutOfRange`, `UnknownName` or `Conflict`. A genre that is not built in stays as it is: owners have their
        own, and loading it tells whether it exists.
        """
        for name, (low, high, unit) in _NUMBERS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise OutOfRange(name, value, low, high, unit)
        if not SEED[0] <= self.seed <= SEED[1]:
            raise OutOfRange("seed", self.seed, *SEED)
        instruments = tuple(dict.fromkeys(instrument_name(word) for word in self.instruments))
        without = tuple(dict.fromkeys(instrument_name(word) for word in self.without))
        both = sorted(set(instruments) & set(without))
        if both:
            raise Conflict(f"{both[0]} cannot be both featured and left out")
        return replace(
            self,
            genre=None if self.genre is None else genre_name(self.genre) or self.genre,
            mood=tuple(dict.fromkeys(mood_name(word) for word in self.mood)),
            key=None if self.key is None else Key.parse(self.key).name,
            instruments=instruments,
            without=without,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; what is open is left out, the seed always stays."""
        told: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value != () and (field.name, value) != ("text", ""):
                told[field.name] = list(value) if isinstance(value, tuple) else value
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Concept":
        """A validated concept from plain values; `to_json` backwards. Raises `BadInput` for anything it cannot use."""
        if not isinstance(told, Mapping):
            raise BadInput(f"a concept must be an object, not {type(told).__name__}")
        known = [field.name for field in fields(cls)]
        for name in told:
            if name not in known:
                raise BadInput(f"a concept has no {name!r}; known: {', '.join(known)}")
        return cls(**{name: _typed(name, value) for name, value in told.items()}).validated()


def _typed(name: str, value: Any) -> Any:
    if name in _LISTS:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
            raise BadInput(f"{name} is {value!r}, but must be a list of words")
        return tuple(items)
    if name == "text":
        return _text(name, "" if value is None else value)
    if value is None and name != "seed":
        return None
    if name in _TEXTS:
        return _text(name, value)
    if isinstance(value, bool) or not isinstance(value, int if name == "seed" else (int, float)):
        raise BadInput(f"{name} is {value!r}, but must be a {'whole ' if name == 'seed' else ''}number")
    return value if name == "seed" else float(value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadInput(f"{name} is {value!r}, but must be a text")
    return value
