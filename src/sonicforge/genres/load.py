"""Genre files -> `Genre` values: found by name, checked against the schema, loaded once."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sonicforge.errors import BadDataFile, UnknownName
from sonicforge.genres.check import check_references
from sonicforge.genres.genre import (
    Arp,
    Bass,
    Bell,
    Bus,
    Comping,
    Compression,
    DrumPattern,
    Drums,
    Duck,
    Form,
    FormSection,
    Genre,
    Ghosts,
    Harmony,
    Layer,
    Melody,
    Send,
    StemMix,
    Swing,
    Target,
    Tonal,
    Voicing,
)
from sonicforge.genres.schema import GENRE

DATA = Path(__file__).parent / "data"
OPEN_HZ = 20_000.0
Raw = Mapping[str, Any]


def names(folder: Path | None = None) -> tuple[str, ...]:
    """Names of all genres in alphabetical order: the package's own and those of an owner's folder."""
    folders = [DATA] if folder is None else [DATA, folder]
    return tuple(sorted({path.stem for place in folders if place.is_dir() for path in place.glob("*.yaml")}))


def load(name: str, *, folder: Path | None = None) -> Genre:
    """The genre of that name; a file in the owner's `folder` wins over the package's own.

    Loaded again only when the file has changed. Raises `UnknownName`, or `BadDataFile` for a file that breaks the
    schema.
    """
    for place in (folder, DATA):
        if place is not None and name in _stems(place):
            path = place / f"{name}.yaml"
            return _load(path, path.stat().st_mtime_ns)
    raise UnknownName("genre", name, names(folder))


def load_file(path: Path) -> Genre:
    """The genre in one file, checked; raises `BadDataFile` with file, key and what is wrong."""
    try:
        text = path.read_bytes()
        raw = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe loaders
    except OSError as error:
        raise BadDataFile(path, "file", f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise BadDataFile(path, "file", f"is not YAML: {' '.join(str(error).split())}") from error
    try:
        GENRE.check(raw, "")
        genre = _genre(path.stem, hashlib.blake2b(text, digest_size=6).hexdigest(), raw)
        check_references(genre)
    except ValueError as error:
        key, problem = error.args if len(error.args) == 2 else ("file", str(error))
        raise BadDataFile(path, key, problem) from error
    return genre


def _stems(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.yaml")}


@lru_cache(maxsize=64)
def _load(path: Path, _changed_ns: int) -> Genre:
    return load_file(path)


def _genre(name: str, version: str, raw: Raw) -> Genre:
    tempo = raw["tempo"]
    return Genre(
        name=name,
        title=raw["title"],
        synonyms=tuple(raw.get("synonyms", ())),
        markers=raw["markers"],
        version=version,
        bpm=_pair(tempo["bpm"]),
        bpm_default=float(tempo["default"]),
        beats_per_bar=tempo["beats_per_bar"],
        swing=_swing(tempo["swing"]),
        energy=_pair(raw["energy"]),
        moods=tuple(raw["moods"]),
        club=raw.get("club", False),
        tonal=Tonal(raw["tonal"]["modes"], tuple(raw["tonal"]["keys"]), _pair(raw["tonal"]["detune_cents"])),
        harmony=_harmony(raw["harmony"]),
        cast={code: tuple(_layers(text) for text in options) for code, options in raw["cast"].items()},
        drums=_drums(raw["drums"]),
        bass=_bass(raw["bass"]),
        chords=_comping(raw["chords"]),
        melody=_melody(raw["melody"]),
        forms={key: _form(form, tempo["beats_per_bar"]) for key, form in raw["forms"].items()},
        patches=raw["patches"],
        kit=raw.get("kit", {}),
        mix={stem: _stem(entry) for stem, entry in raw["mix"].items()},
        bus=_bus(raw["bus"]),
        target=_target(raw["target"]),
        identity=raw.get("identity", {}),
        notes=raw.get("notes", {}),
    )


def _pair(value: list[float]) -> tuple[float, float]:
    return float(value[0]), float(value[1])


def _whole(value: list[int]) -> tuple[int, int]:
    return value[0], value[1]


def _floats(value: list[float]) -> tuple[float, ...]:
    return tuple(float(item) for item in value)


def _swing(raw: Raw) -> Swing:
    slope = float(raw.get("percent_per_bpm", 0))
    return Swing(raw["unit"], float(raw["percent"]), _pair(raw["range"]), float(raw.get("pivot_bpm", 0)), slope)


def _harmony(raw: Raw) -> Harmony:
    voicing = raw["voicing"]
    return Harmony(
        progressions=tuple(raw["progressions"]),
        voicing=Voicing(
            low=voicing["low"],
            high=voicing["high"],
            voices=voicing["voices"],
            style=voicing["style"],
            top=_whole(voicing["top"]),
            move=float(voicing["move"]),
            strum_ms=_pair(voicing["strum_ms"]),
        ),
        parallel_exempt=raw["parallel_exempt"],
        bars_per_chord=float(raw["bars_per_chord"]),
    )


def _layers(text: str) -> tuple[Layer, ...]:
    return tuple(Layer(*layer.split(">")) for layer in text.split(" + "))


def _drums(raw: Raw) -> Drums:
    return Drums(
        patterns={name: _pattern(pattern) for name, pattern in raw["patterns"].items()},
        fills={name: _pattern(fill) for name, fill in raw["fills"].items()},
        timing={role: _pair(value) for role, value in raw["timing"].items()},
        ghosts=tuple(
            Ghosts(g["row"], tuple(g["steps"]), _whole(g["velocity"]), float(g["chance"]), g["most"])
            for g in raw["ghosts"]
        ),
        pieces=raw["pieces"],
        humanised=raw["humanised"],
    )


def _pattern(raw: Raw) -> DrumPattern:
    return DrumPattern(raw["rows"], raw.get("resolution", "16"), _pair(raw.get("energy", [0, 1])))


def _duck(value: list[Any] | None) -> Duck:
    return Duck("", 0.0, 0.0) if value is None else Duck(value[0], float(value[1]), float(value[2]))


def _bass(raw: Raw) -> Bass:
    return Bass(
        range=_whole(raw["range"]),
        patterns=raw["patterns"],
        duck=_duck(raw["duck"]),
        lfo_beats={name: _floats(beats) for name, beats in raw.get("lfo_beats", {}).items()},
    )


def _comping(raw: Raw) -> Comping:
    arp = raw.get("arp")
    return Comping(
        patterns=tuple(raw["patterns"]),
        register=_whole(raw["register"]),
        arp=None if arp is None else Arp(arp["indices"], float(arp["rate"]), float(arp["gate"]), arp["accents"]),
    )


def _melody(raw: Raw) -> Melody:
    repeat, step, third, fourth_fifth, larger = _floats(raw["intervals"])
    return Melody(
        range=_whole(raw["range"]),
        notes_per_bar=_pair(raw["notes_per_bar"]),
        rests=float(raw["rests"]),
        degrees_strong=_floats(raw["degrees_strong"]),
        degrees_weak=_floats(raw["degrees_weak"]),
        operations=raw["operations"],
        intervals=(repeat, step, third, fourth_fifth, larger),
        bars_per_phrase=raw["bars_per_phrase"],
        lag_ms=_pair(raw["lag_ms"]),
        ends=tuple(raw["ends"]),
        echo_steps=raw.get("echo_steps", 0),
    )


def _form(raw: Raw, beats_per_bar: int) -> Form:
    return Form(
        sections=tuple(_section(row) for row in raw["sections"]),
        bpm=float(raw.get("bpm", 0)),
        beats_per_bar=raw.get("beats_per_bar", beats_per_bar),
        swing_percent=float(raw.get("swing_percent", 0)),
    )


def _section(raw: Raw) -> FormSection:
    energy = raw["energy"]
    return FormSection(
        name=raw["name"],
        bars=raw["bars"],
        energy=_pair(energy) if isinstance(energy, list) else (float(energy), float(energy)),
        parts=tuple(raw["parts"].split()),
        automation=tuple(raw.get("do", ())),
        transition=tuple(raw.get("out", ())),
        pattern=raw.get("pattern", ""),
        loop=raw.get("loop", "A"),
        note=raw.get("note", ""),
    )


def _compression(value: list[float] | None) -> Compression | None:
    return None if value is None else Compression(*_floats(value))


def _send(value: list[Any] | None) -> Send | None:
    return None if value is None else Send(value[0], float(value[1]))


def _stem(raw: Raw) -> StemMix:
    return StemMix(
        lu=float(raw["lu"]),
        pan=float(raw["pan"]),
        width=float(raw["width"]),
        highpass_hz=float(raw["highpass"]),
        lowpass_hz=float(raw["lowpass"]),
        lowpass_24=raw.get("lowpass_24", False),
        eq=tuple(Bell(float(b[0]), float(b[1]), b[2] if len(b) > 2 else "bell") for b in raw.get("eq", ())),
        compression=_compression(raw.get("comp")),
        reverb=_send(raw.get("reverb")),
        delay=_send(raw.get("delay")),
        duck=_duck(raw.get("duck")),
    )


def _bus(raw: Raw) -> Bus:
    return Bus(
        tape=float(raw.get("tape", 0)),
        glue=_compression(raw.get("glue")),
        saturation_db=float(raw.get("saturation_db", 0)),
        soft_clip_db=float(raw.get("soft_clip_db", 0)),
        drum_clip_db=float(raw.get("drum_clip_db", 0)),
        lowpass_hz=float(raw.get("lowpass", OPEN_HZ)),
        tilt_db=float(raw.get("tilt_db", 0)),
    )


def _target(raw: Raw) -> Target:
    return Target(
        lufs=float(raw["lufs"]),
        true_peak=float(raw["true_peak"]),
        plr=_pair(raw["plr"]),
        lra=_pair(raw["lra"]),
        balance=_floats(raw["balance"]),
        side_mid=_floats(raw["side_mid"]),
    )
