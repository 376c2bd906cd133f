"""Chains as data: effects of the catalogue in a row, each with the settings that differ from its defaults.

A chain file is YAML:

    title: voice in a chapel
    chain:
      - equaliser: {low_cut_hz: 90, bell_1_db: -3}
      - compressor
      - reverb: {decay_s: 3.5, mix: 0.2}
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from sonicforge import chance
from sonicforge.effects.catalogue import effect
from sonicforge.effects.chain import Chain
from sonicforge.errors import BadDataFile, BadInput, SonicForgeError, UnknownName

KEYS = ("title", "about", "chain")


@dataclass(frozen=True, slots=True)
class Step:
    """One effect of the catalogue with the settings that differ from its defaults."""

    effect: str
    settings: Mapping[str, object]

    def checked(self) -> "Step":
        """Itself, if the effect exists and every setting is in range; raises `UnknownName`, `OutOfRange`."""
        row = effect(self.effect)
        known = {parameter.name: parameter for parameter in row.parameters}
        for name, value in self.settings.items():
            if name not in known:
                raise UnknownName(f"parameter of {self.effect}", name, known)
            known[name].checked(value)
        return self


def build_chain(steps: Sequence[Step], *, sample_rate: int, channels: int, seed: int = 0) -> Chain:
    """The processors of a chain. Each step draws its chance from the seed and its place."""
    return Chain(
        [
            effect(step.effect).build(
                step.settings,
                sample_rate=sample_rate,
                channels=channels,
                seed=chance.subseed(seed, "effects", "chain", f"{place} {step.effect}"),
            )
            for place, step in enumerate(steps)
        ]
    )


def read_chain(path: Path) -> tuple[Step, ...]:
    """The steps of a chain file, checked. Raises `BadDataFile` with the place of the fault."""
    import yaml

    try:
        raw = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise BadDataFile(path, "file", f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise BadDataFile(path, "file", f"is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise BadDataFile(path, "file", "must be a table with a chain")
    for key in sorted(raw.keys() - set(KEYS), key=str):
        raise BadDataFile(path, str(key), f"is not known; known: {', '.join(KEYS)}")
    for key in ("title", "about"):
        if not isinstance(raw.get(key, ""), str):
            raise BadDataFile(path, key, f"is {raw[key]!r}, but must be text")
    return steps_of(path, raw.get("chain"))


def steps_of(path: Path, rows: object) -> tuple[Step, ...]:
    """The steps under `chain` of a data file, checked; raises `BadDataFile`."""
    if not isinstance(rows, list) or not rows:
        raise BadDataFile(path, "chain", "must be a list with at least one effect")
    return tuple(_step(path, f"chain[{place}]", row) for place, row in enumerate(rows))


def _step(path: Path, key: str, row: object) -> Step:
    if isinstance(row, str):
        row = {row: None}
    if not isinstance(row, dict) or len(row) != 1:
        raise BadDataFile(path, key, "must be one effect, as in - tape: {drive_db: 6}")
    ((name, settings),) = row.items()
    if not isinstance(settings or {}, dict):
        raise BadDataFile(path, f"{key}.{name}", "must be a table of settings")
    try:
        return Step(str(name), {str(word): value for word, value in (settings or {}).items()}).checked()
    except SonicForgeError as error:
        raise BadDataFile(path, f"{key}.{name}", str(error)) from error


def step_in_words(name: str, words: Iterable[str]) -> Step:
    """One step from `key=value` words, checked; raises `BadInput`, `UnknownName`, `OutOfRange`."""
    settings: dict[str, object] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"setting is {word!r}, but must be as in mix=0.3")
        settings[key.strip()] = _number_or_word(value.strip())
    return Step(name, settings).checked()


def _number_or_word(value: str) -> object:
    try:
        number = float(value)
    except ValueError:
        return value
    return number if isfinite(number) else value
