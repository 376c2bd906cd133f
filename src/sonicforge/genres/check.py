"""Do the parts of a genre fit together? Names that must exist elsewhere in the file, and short tokens that must parse.

Every check raises ValueError(key, problem).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sonicforge.errors import UnknownName
from sonicforge.genres.genre import Genre
from sonicforge.genres.kit import parse_voice
from sonicforge.genres.patch import parse_patch
from sonicforge.genres.schema import CODES
from sonicforge.music.chord import parse_progression
from sonicforge.music.grid import parse_line, parse_mask, parse_rhythm, parse_row
from sonicforge.music.scale import Key

_C = f"[{''.join(CODES)}]"
_N = r"-?\d+(?:\.\d+)?"
DO = {
    "filter": rf"{_C}(?:\+{_C})*\.(?:lowpass|highpass|cutoff) {_N}(?:>{_N})?",
    "level": rf"{_C}(?:\+{_C})*\.(?:level|reverb|delay|width) {_N}(?:>{_N})?",
    "entry": rf"{_C}(?:\+{_C})* (?:from|until) \d+",
    "pattern": r"pattern (?P<pattern>\w+) from \d+",
    "bass": r"bass (?P<bass>\w+)",
    "transpose": r"transpose [+-]\d+(?: p \.\d+)?",
    "tempo": r"(?:ritard|rubato) \d+(?:\.\d+)?",
    "fade": r"fade (?:in|out) \d+",
    "line": rf"(?:fragments|solo|invert|thirds|double|rolls|gate) {_C}",
    "voice": rf"voice {_C}=(?P<voice>\w+)",
    "halftime": r"halftime",
}
"""Automation tokens of a form row; a named group holds a name that must exist."""
OUT = r"(?:RIS|SNR|GAP|DRP|FIL|RCR|HPF|LPF|DWN)(?:\(\d+\))?|CRS|STP|ECH|IMP|SUB"

_DO = re.compile("|".join(f"(?:{pattern})" for pattern in DO.values()))
_OUT = re.compile(OUT)


def check_references(genre: Genre) -> None:
    """Raises ValueError(key, problem) for the first thing that does not fit."""
    for check in _CHECKS:
        check(genre)


def _known(name: str, names: Iterable[str], key: str, kind: str) -> None:
    if name not in names:
        raise ValueError(key, f"is {name!r}, but there is no such {kind}; known: {', '.join(sorted(names))}")


def _parses(parse: Callable[..., object], key: str, *texts: str) -> None:
    try:
        parse(*texts)
    except (ValueError, UnknownName) as error:
        raise ValueError(key, f"does not parse: {error}") from error


def _tempo(genre: Genre) -> None:
    if not genre.bpm[0] <= genre.bpm_default <= genre.bpm[1]:
        low, high = genre.bpm
        raise ValueError("tempo.default", f"is {genre.bpm_default:g}, but must be between {low:g} and {high:g}")


def _harmony(genre: Genre) -> None:
    for index, text in enumerate(genre.tonal.keys):
        _parses(Key.parse, f"tonal.keys[{index}]", text)
    for index, text in enumerate(genre.harmony.progressions):
        _parses(parse_progression, f"harmony.progressions[{index}]", text)
    if genre.harmony.voicing.low >= genre.harmony.voicing.high:
        raise ValueError("harmony.voicing.low", f"is {genre.harmony.voicing.low}, but must be below voicing.high")


def _cast(genre: Genre) -> None:
    voices = {*genre.patches, *genre.kit}
    for code, options in genre.cast.items():
        for index, layers in enumerate(options):
            for layer in layers:
                _known(layer.voice, voices, f"cast.{code}[{index}]", "voice in patches or kit")
                _known(layer.stem, genre.mix, f"cast.{code}[{index}]", "stem in mix")
    _known("fx", genre.mix, "mix", "stem in mix")


def _grids(genre: Genre) -> None:
    for row, voice in genre.drums.pieces.items():
        _known(voice, genre.kit, f"drums.pieces.{row}", "voice in kit")
    for group, patterns in (("patterns", genre.drums.patterns), ("fills", genre.drums.fills)):
        for name, pattern in patterns.items():
            lengths: dict[str, int] = {}
            for row, text in pattern.rows.items():
                key = f"drums.{group}.{name}.rows.{row}"
                _known(row, genre.drums.pieces, key, "row in drums.pieces")
                _parses(parse_row, key, text, pattern.resolution)
                lengths[row] = len(text.replace("|", "").replace(" ", ""))
            if len(set(lengths.values())) > 1:
                told = ", ".join(f"{row} {count}" for row, count in lengths.items())
                raise ValueError(f"drums.{group}.{name}.rows", f"have different lengths: {told}")
    for index, ghosts in enumerate(genre.drums.ghosts):
        _known(ghosts.row, genre.drums.pieces, f"drums.ghosts[{index}].row", "row in drums.pieces")


def _lines(genre: Genre) -> None:
    for name, text in genre.bass.patterns.items():
        _parses(parse_line, f"bass.patterns.{name}", text)
    for index, text in enumerate(genre.chords.patterns):
        _parses(parse_rhythm, f"chords.patterns[{index}]", text)
    if genre.chords.arp and genre.chords.arp.accents:
        _parses(parse_mask, "chords.arp.accents", genre.chords.arp.accents)


def _forms(genre: Genre) -> None:
    names = {"pattern": genre.drums.patterns, "bass": genre.bass.patterns, "voice": {**genre.patches, **genre.kit}}
    for form_name, form in genre.forms.items():
        for index, section in enumerate(form.sections):
            key = f"forms.{form_name}.sections[{index}]"
            if section.pattern:
                _known(section.pattern, genre.drums.patterns, f"{key}.pattern", "drum pattern")
            for part in section.parts:
                _known(part[0], genre.cast, f"{key}.parts", "part code in cast")
            for token in section.transition:
                if not _OUT.fullmatch(token):
                    raise ValueError(f"{key}.out", f"is {token!r}, but must be one of {OUT}")
            for token in section.automation:
                _automation(token, f"{key}.do", names)


def _automation(token: str, key: str, names: Mapping[str, Mapping[str, Any]]) -> None:
    found = _DO.fullmatch(token)
    if found is None:
        raise ValueError(key, f"is {token!r}, but must be one of the forms: {', '.join(DO)}")
    for kind, name in found.groupdict().items():
        if name:
            _known(name, names[kind], key, f"{kind} of that name")


def _sounds(genre: Genre) -> None:
    for name, patch in genre.patches.items():
        try:
            parse_patch(name, patch)
        except ValueError as error:
            raise _under("patches", error) from error
    for name, voice in genre.kit.items():
        try:
            parse_voice(name, voice)
        except ValueError as error:
            raise _under("kit", error) from error


def _under(place: str, error: ValueError) -> ValueError:
    if len(error.args) == 2:
        return ValueError(f"{place}.{error.args[0]}", error.args[1])
    return ValueError(place, str(error))


_CHECKS = (_tempo, _harmony, _cast, _grids, _lines, _forms, _sounds)
