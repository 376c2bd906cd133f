"""Who plays: which alternative of the cast, what is left out, what comes to the front."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sonicforge.chance import choices
from sonicforge.errors import Conflict
from sonicforge.genres.concept import Concept
from sonicforge.genres.fit import Sections
from sonicforge.genres.genre import FormSection, Genre, Layer
from sonicforge.genres.instrument import INSTRUMENTS, codes_of, plays

Cast = Mapping[str, tuple[Layer, ...]]

_VOICE = re.compile(r"voice (\w)=(\w+)")
_FILLERS = "xdcalvb"
_DRUMS = "ksh"
_DRUM_MOVES = frozenset({"FIL", "SNR", "DRP"})


def left_out(concept: Concept, genre: Genre, told: list[str]) -> tuple[str, ...]:
    """Part codes that must not play at all."""
    codes: dict[str, None] = {}
    for name in concept.without:
        whole = [code for code in INSTRUMENTS[name].codes if code in genre.cast]
        only = [code for code in codes_of(genre, name) if not _spared(genre.cast[code], name)]
        if not codes_of(genre, name):
            told.append(f"{genre.title} has no {name} anyway")
        codes.update(dict.fromkeys([*whole, *only]))
    if set(codes) >= set(genre.cast):
        raise Conflict(f"without {', '.join(concept.without)} nothing would be left of {genre.title}")
    return tuple(codes)


def _spared(options: Sequence[tuple[Layer, ...]], name: str) -> list[tuple[Layer, ...]]:
    """Alternatives with the layers of one instrument taken out; those left empty are gone."""
    rest = [tuple(layer for layer in option if not plays(layer, name)) for option in options]
    return [option for option in rest if option]


def choose_cast(concept: Concept, genre: Genre, without: Sequence[str], told: list[str]) -> Cast:
    """One alternative for every part code that may play."""
    absent = [name for name in concept.instruments if set(codes_of(genre, name)) <= set(without)]
    told.extend(f"{genre.title} has no {name} to feature" for name in absent)
    kept_back = _section_voices(genre)
    cast: dict[str, tuple[Layer, ...]] = {}
    for code, options in genre.cast.items():
        if code in without:
            continue
        allowed = list(options)
        for name in concept.without:
            allowed = _spared(allowed, name) or allowed
        cast[code] = _alternative(concept, kept_back.get(code, set()), code, allowed, list(cast.values()))
    return cast


def _alternative(
    concept: Concept, kept_back: set[str], code: str, options: list[tuple[Layer, ...]], taken: list[tuple[Layer, ...]]
) -> tuple[Layer, ...]:
    """Featured voices first; else none that forms keep for single sections or that another part already plays."""
    for name in concept.instruments:
        wanted = [option for option in options if any(plays(layer, name) for layer in option)]
        if wanted:
            return wanted[0]
    voices = {layer.voice for option in taken for layer in option}
    rest = [option for option in options if option[0].voice not in kept_back] or options
    rest = [option for option in rest if option[0].voice not in voices] or rest
    weights = [2.0] + [1.0] * (len(rest) - 1)
    return choices(concept.seed, "settle", "cast", code).choices(rest, weights)[0]


def _section_voices(genre: Genre) -> dict[str, set[str]]:
    """Voices that forms call for in single sections, by part code."""
    voices: dict[str, set[str]] = {}
    for form in genre.forms.values():
        for section in form.sections:
            for token in section.automation:
                if found := _VOICE.fullmatch(token):
                    voices.setdefault(found[1], set()).add(found[2])
    return voices


def featured_codes(concept: Concept, genre: Genre, cast: Cast) -> tuple[str, ...]:
    """Codes that a wish for an instrument brings to the front."""
    codes: list[str] = []
    for name in concept.instruments:
        playing = [code for code in codes_of(genre, name) if code in cast]
        by_voice = [code for code in playing if any(plays(layer, name) for layer in cast[code])]
        codes += by_voice[:1] or playing
    return tuple(dict.fromkeys(codes))


def recast(sections: Sections, cast: Cast, *, featured: Sequence[str] = (), without: Sequence[str] = ()) -> Sections:
    """Sections without the parts and instruments that are left out; none stays empty.

    `featured` part codes join from the middle energy on, `without` are names of instruments. Fills, rolls and drops go
    where there are no drums to play them.
    """
    energies = sorted(max(section.energy) for section in sections)
    middle = energies[len(energies) // 2]
    drumless = not any(code in cast for code in _DRUMS)

    def played(section: FormSection) -> FormSection:
        parts = [part for part in section.parts if part[0] in cast]
        present = {part[0] for part in parts}
        if max(section.energy) >= middle:
            parts += [code for code in featured if code not in present]
        if not parts:
            parts = [next((code for code in _FILLERS if code in cast), next(iter(cast)))]
        return replace(
            section,
            parts=tuple(parts),
            automation=tuple(token for token in section.automation if not _calls_for(token, without)),
            transition=tuple(token for token in section.transition if not (drumless and token[:3] in _DRUM_MOVES)),
        )

    return tuple(played(section) for section in sections)


def _calls_for(token: str, instruments: Sequence[str]) -> bool:
    found = _VOICE.fullmatch(token)
    return found is not None and any(plays(Layer(found[2], ""), name) for name in instruments)
