"""Presets of old media: one small file each, a chain of effects with settings; an owner's file wins by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonicforge import chance
from sonicforge.effects.catalogue import effect
from sonicforge.effects.chain import Chain
from sonicforge.effects.chain_file import Step, steps_of
from sonicforge.errors import BadDataFile, UnknownName

DATA = Path(__file__).parent / "data" / "lofi"
REQUIRED, OPTIONAL = frozenset(("title", "about", "chain")), frozenset(("loudness_lu",))
LOUDNESS_LU = (-12.0, 6.0)


@dataclass(frozen=True, slots=True)
class LofiPreset:
    """A medium. `loudness_lu` is how much louder than the input it leaves the music; 0 keeps it."""

    name: str
    title: str
    about: str
    chain: tuple[Step, ...]
    loudness_lu: float = 0.0


def build_chain(steps: Sequence[Step], *, sample_rate: int, channels: int, seed: int) -> Chain:
    """The processors of a chain. Each step draws its chance from the seed and its place."""
    return Chain(
        [
            effect(step.effect).build(
                step.settings,
                sample_rate=sample_rate,
                channels=channels,
                seed=chance.subseed(seed, "lofi", place, step.effect),
            )
            for place, step in enumerate(steps)
        ]
    )


def names(folder: Path | None = None) -> tuple[str, ...]:
    """Names of all presets: the package's own and those of an owner's folder."""
    folders = [DATA] if folder is None else [DATA, folder]
    return tuple(sorted({path.stem for place in folders if place.is_dir() for path in place.glob("*.yaml")}))


def load(name: str, *, folder: Path | None = None) -> LofiPreset:
    """The preset of that name ("-" counts as "_"); a file in the owner's `folder` wins.

    Raises `UnknownName`, and `BadDataFile` with the place of the fault.
    """
    wanted = name.strip().lower().replace("-", "_")
    for place in (folder, DATA):
        if place is not None and wanted in {path.stem for path in place.glob("*.yaml")}:
            return _read(place / f"{wanted}.yaml")
    raise UnknownName("lo-fi preset", name, names(folder))


def _read(path: Path) -> LofiPreset:
    import yaml

    try:
        raw = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise BadDataFile(path, "file", f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadDataFile(path, "file", f"is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise BadDataFile(path, "file", "is no table of title, about and chain")
    for key in sorted(REQUIRED - raw.keys(), key=str):
        raise BadDataFile(path, key, "is missing")
    for key in sorted(raw.keys() - REQUIRED - OPTIONAL, key=str):
        raise BadDataFile(path, str(key), "is not known")
    for key in ("title", "about"):
        if not isinstance(raw[key], str) or not raw[key].strip():
            raise BadDataFile(path, key, f"is {raw[key]!r}, but must be text")
    return LofiPreset(path.stem, raw["title"], raw["about"], steps_of(path, raw["chain"]), _loudness(path, raw))


def _loudness(path: Path, raw: Mapping[str, Any]) -> float:
    value = raw.get("loudness_lu", 0.0)
    low, high = LOUDNESS_LU
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadDataFile(path, "loudness_lu", f"is {value!r}, but must be between {low} and {high} LU")
    return float(value)
