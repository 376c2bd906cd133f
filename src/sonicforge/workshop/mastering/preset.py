"""Mastering presets: one small data file each, checked when loaded; an owner's file wins by name."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sonicforge.errors import BadDataFile, UnknownName
from sonicforge.genres.shape import Maybe, Number, Row, Span, Text, record
from sonicforge.master.reference import BANDS_HZ, Wanted, rounded
from sonicforge.sound.dither import DITHERS
from sonicforge.sound.spectrum import OCTAVES_HZ

DATA = Path(__file__).parent.parent / "data" / "mastering"
DEFAULT = "streaming"

LUFS = Number(-40, -5)
CEILING = Number(-12, 0)

_OCTAVES = Row((Number(-90, 30),) * len(OCTAVES_HZ))
_SPREADS = Row((Number(0, 30),) * len(OCTAVES_HZ))
_PRESET = record(
    title=Text(), about=Text(), lufs=LUFS, ceiling=CEILING, lra=Span(0, 40),
    tone=record(
        strength=Number(0, 100), balance=_OCTAVES, tolerance=_SPREADS, side_mid=Maybe(_OCTAVES),
        low_cut=Number(10, 200), high_cut=Number(0, 22_000),
    ),
    deesser=record(threshold=Number(-30, 0), most=Number(0, 24)),
    compression=record(amount=Number(0, 4), most=Number(0, 12)),
    exciter=Number(0, 1),
    stereo=record(width=Number(0, 2), mono_below=Number(10, 500), air=Number(-6, 6)),
    dither=Text(DITHERS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preset:
    """What a master is made for.

    `strength` 0..1 belongs to the preset's own balance; `compression` scales the ratios of all bands (0 none) and
    `compression_most_db` bounds the reduction; `exciter` 0..1 is how much missing treble may be made anew.
    """

    name: str
    title: str
    about: str
    lufs: float
    ceiling_db: float
    lra: tuple[float, float]
    strength: float
    wanted: Wanted
    low_cut_hz: float
    high_cut_hz: float
    deesser_threshold_db: float
    deesser_most_db: float
    compression: float
    compression_most_db: float
    exciter: float
    width: float
    mono_below_hz: float
    air_db: float
    dither: str

    def at(self, *, lufs: float | None = None, ceiling_db: float | None = None, width: float | None = None) -> "Preset":
        """The preset with a person's own numbers where they are given."""
        return replace(
            self,
            lufs=self.lufs if lufs is None else lufs,
            ceiling_db=self.ceiling_db if ceiling_db is None else ceiling_db,
            width=self.width if width is None else width,
        )


def names(folder: Path | None = None) -> tuple[str, ...]:
    """Names of all presets: the package's own and those of an owner's folder."""
    folders = [DATA] if folder is None else [DATA, folder]
    return tuple(sorted({path.stem for place in folders if place.is_dir() for path in place.glob("*.yaml")}))


def load(name: str, *, folder: Path | None = None) -> Preset:
    """The preset of that name; a file in the owner's `folder` wins. Raises `UnknownName`, `BadDataFile`."""
    for place in (folder, DATA):
        if place is not None and name in {path.stem for path in place.glob("*.yaml")}:
            path = place / f"{name}.yaml"
            return _load(path, path.stat().st_mtime_ns)
    raise UnknownName("mastering preset", name, names(folder))


@lru_cache(maxsize=32)
def _load(path: Path, _changed_ns: int) -> Preset:
    import yaml

    try:
        raw = yaml.safe_load(path.read_bytes())
        _PRESET.check(raw, "")
    except OSError as error:
        raise BadDataFile(path, "file", f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadDataFile(path, "file", f"is not YAML: {' '.join(str(error).split())}") from error
    except ValueError as error:
        key, problem = error.args if len(error.args) == 2 else ("file", str(error))
        raise BadDataFile(path, key, problem) from error
    return _preset(path.stem, raw)


def _preset(name: str, raw: dict[str, Any]) -> Preset:
    tone, stereo = raw["tone"], raw["stereo"]
    return Preset(
        name=name,
        title=raw["title"],
        about=raw["about"],
        lufs=float(raw["lufs"]),
        ceiling_db=float(raw["ceiling"]),
        lra=(float(raw["lra"][0]), float(raw["lra"][1])),
        strength=tone["strength"] / 100,
        wanted=_wanted(tone),
        low_cut_hz=float(tone["low_cut"]),
        high_cut_hz=float(tone["high_cut"]),
        deesser_threshold_db=float(raw["deesser"]["threshold"]),
        deesser_most_db=float(raw["deesser"]["most"]),
        compression=float(raw["compression"]["amount"]),
        compression_most_db=float(raw["compression"]["most"]),
        exciter=float(raw["exciter"]),
        width=float(stereo["width"]),
        mono_below_hz=float(stereo["mono_below"]),
        air_db=float(stereo["air"]),
        dither=raw["dither"],
    )


def _wanted(tone: dict[str, Any]) -> Wanted:
    """Octave levels as sixths of an octave; the common gain does not matter."""

    def fine(octaves: list[float]) -> tuple[float, ...]:
        return rounded(np.interp(np.log2(BANDS_HZ), np.log2(OCTAVES_HZ), octaves))

    doubt = fine(tone["tolerance"])
    side = None if tone["side_mid"] is None else fine(tone["side_mid"])
    return Wanted(fine(tone["balance"]), doubt, side, doubt)
