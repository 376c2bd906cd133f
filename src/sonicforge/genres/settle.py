"""`settle`: a concept and a genre become a plan. Every open question is answered by the seed.

Each choice draws from a generator of its own, so that asking for a tempo does not change the key a seed gives.
"""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sonicforge.chance import choices
from sonicforge.errors import Conflict, UnknownName
from sonicforge.genres.casting import choose_cast, featured_codes, left_out, recast
from sonicforge.genres.concept import Concept
from sonicforge.genres.fit import Sections, fit, jittered, shortened_fades
from sonicforge.genres.genre import Form, FormSection, Genre
from sonicforge.genres.instrument import codes_of, instrument_name
from sonicforge.genres.load import load, names
from sonicforge.genres.mood import MOODS, MoodDelta, combine
from sonicforge.genres.plan import Plan
from sonicforge.genres.title import title
from sonicforge.music.scale import Key

TOLERANCE = 0.12
"""A wished tempo this far outside a genre's range is still played, and said to be a compromise."""
USUAL_LENGTH_S = 210.0
"""Forms near this length are chosen more often when no length is asked for."""

_MAYBE = re.compile(r"(.+) p (\.\d+)")


def choose_genre(concept: Concept, folder: Path | None = None) -> str:
    """The concept's genre, or one that its moods and tempo suit, by the seed."""
    if concept.genre is not None:
        return concept.genre
    rng = choices(concept.seed, "settle", "genre", "choice")
    known = names(folder)
    weights = [0.15 if concept.mood else 1.0 for _ in known]
    for mood in combine(concept.mood).names:
        weights = [weight + (name in MOODS[mood].genres) for weight, name in zip(weights, known, strict=True)]
    if concept.bpm is not None or concept.instruments or concept.without:
        suits = [_suits(concept, load(name, folder=folder)) for name in known]
        weights = [weight * suit for weight, suit in zip(weights, suits, strict=True)]
    if not any(weights):
        raise Conflict(f"no genre is played at {concept.bpm:g} bpm")
    return rng.choices(known, weights)[0]


def settle(concept: Concept, genre: Genre) -> Plan:
    """Decide everything the concept leaves open.

    Raises `OutOfRange`, `UnknownName` (form, key, mood, instrument) or `Conflict` (a tempo far outside the genre's
    range, parts both featured and left out, nothing left to play).
    """
    concept = concept.validated()
    mood = combine(concept.mood)
    told: list[str] = []
    form_name, form = _form(concept, genre)
    bpm = _tempo(concept, genre, form, mood, told)
    key = _key(concept, genre, mood)
    without = left_out(concept, genre, told)
    cast = choose_cast(concept, genre, without, told)
    energy = _energy(concept, genre, form)
    bar_s = form.beats_per_bar * 60.0 / bpm
    sections = _settled_tokens(_sized(concept, form, bar_s), concept.seed)
    sections = _with_energy(sections, genre, concept.energy)
    sections = recast(sections, cast, featured=featured_codes(concept, genre, cast), without=concept.without)
    return Plan(
        genre=genre,
        seed=concept.seed,
        title=title(genre, mood.names or _own_moods(genre), choices(concept.seed, "settle", "title", genre.name)),
        bpm=bpm,
        key=key,
        energy=energy,
        form_name=form_name,
        form=replace(form, sections=shortened_fades(sections, bar_s), bpm=bpm),
        mood=mood,
        cast=cast,
        without=without,
        swing_percent=_swing(concept, genre, form, mood, bpm),
        compromises=tuple(told),
    )


def _suits(concept: Concept, genre: Genre) -> float:
    """How well a genre meets the wishes that a mood does not cover, 0 .. 1."""
    suit = 1.0
    if concept.bpm is not None and not genre.bpm[0] <= concept.bpm <= genre.bpm[1]:
        suit *= 0.1 if _reaches(concept.bpm, genre) else 0.0
    for word in concept.instruments:
        suit *= 1.0 if codes_of(genre, instrument_name(word)) else 0.02
    if genre.club and "drums" in map(instrument_name, concept.without):
        suit *= 0.1
    return suit


def _reaches(bpm: float, genre: Genre) -> bool:
    low, high = genre.bpm
    return low * (1 - TOLERANCE) <= bpm <= high * (1 + TOLERANCE)


def _own_moods(genre: Genre) -> tuple[str, ...]:
    return combine(genre.moods).names


def _form(concept: Concept, genre: Genre) -> tuple[str, Form]:
    if concept.form is not None:
        if concept.form not in genre.forms:
            raise UnknownName(f"form of {genre.name}", concept.form, genre.forms)
        return concept.form, genre.forms[concept.form]
    found = list(genre.forms)
    weights = [_form_weight(concept, genre, genre.forms[name]) for name in found]
    name = choices(concept.seed, "settle", "form", "choice").choices(found, weights)[0]
    return name, genre.forms[name]


def _form_weight(concept: Concept, genre: Genre, form: Form) -> float:
    """Higher for forms near the wished length, and for forms with a tempo of their own near the wished tempo."""
    bpm = concept.bpm or form.bpm or genre.bpm_default
    length_s = form.bars * form.beats_per_bar * 60.0 / bpm
    weight = math.exp(-2.0 * abs(math.log(length_s / (concept.length_s or USUAL_LENGTH_S))))
    if concept.bpm and form.bpm:
        weight *= math.exp(-8.0 * abs(math.log(concept.bpm / form.bpm)))
    return max(weight, 1e-6)


def _tempo(concept: Concept, genre: Genre, form: Form, mood: MoodDelta, told: list[str]) -> float:
    low, high = genre.bpm
    if concept.bpm is not None:
        _check_tempo(concept.bpm, genre, told)
        return float(concept.bpm)
    rng = choices(concept.seed, "settle", "tempo", "jitter")
    if form.bpm:
        wish = form.bpm + rng.uniform(-2, 2)
    elif mood.tempo is not None:
        wish = low + (high - low) * (mood.tempo + rng.uniform(-0.08, 0.08))
    else:
        wish = genre.bpm_default + (high - low) * rng.triangular(-0.25, 0.25)
    return float(round(min(max(wish, low), high)))


def _check_tempo(bpm: float, genre: Genre, told: list[str]) -> None:
    low, high = genre.bpm
    if low <= bpm <= high:
        return
    if not _reaches(bpm, genre):
        raise Conflict(f"{genre.title} is played between {low:g} and {high:g} bpm, {bpm:g} is too far from that")
    told.append(f"{bpm:g} bpm lies outside the {low:g} to {high:g} bpm of {genre.title}, played as asked")


def _key(concept: Concept, genre: Genre, mood: MoodDelta) -> Key:
    if concept.key is not None:
        return Key.parse(concept.key)
    rng = choices(concept.seed, "settle", "key", "mode")
    weights = {mode: weight * (3.0 if mode in mood.modes else 1.0) for mode, weight in genre.tonal.modes.items()}
    mode = rng.choices(tuple(weights), tuple(weights.values()))[0]
    keys = [Key.parse(text) for text in genre.tonal.keys]
    minor = Key(0, mode).minor
    fitting = [key.tonic for key in keys if key.minor == minor] or [key.tonic for key in keys]
    shares = [1.0 / (1.0 + 0.15 * place) for place in range(len(fitting))]
    return Key(choices(concept.seed, "settle", "key", "tonic").choices(fitting, shares)[0], mode)


def _swing(concept: Concept, genre: Genre, form: Form, mood: MoodDelta, bpm: float) -> float:
    swing = genre.swing
    if form.swing_percent:
        return form.swing_percent
    low, high = swing.range
    reach = min(1.0, (high - low) / 6)
    jitter = choices(concept.seed, "settle", "swing", "jitter").uniform(-reach, reach)
    tempo = swing.percent_per_bpm * (bpm - swing.pivot_bpm) if swing.percent_per_bpm else 0.0
    return round(min(max(swing.percent + tempo + mood.swing + jitter, low), high), 1)


def _energy(concept: Concept, genre: Genre, form: Form) -> float:
    """The wish, or what the form already is: 0 the calmest and 1 the fullest the genre can be."""
    if concept.energy is not None:
        return float(concept.energy)
    low, high = genre.energy
    return min(1.0, max(0.0, (_peak(form.sections) - low) / (high - low))) if high > low else 1.0


def _peak(sections: Sequence[FormSection]) -> float:
    return max(max(section.energy) for section in sections)


def _with_energy(sections: Sections, genre: Genre, energy: float | None) -> Sections:
    """Section energies scaled so that the peak lies where the wish asks: a third up the genre's range .. its top."""
    if energy is None:
        return sections
    low, high = genre.energy
    factor = (low + (0.35 + 0.65 * energy) * (high - low)) / max(_peak(sections), 1e-6)
    return tuple(
        replace(section, energy=(min(1.0, section.energy[0] * factor), min(1.0, section.energy[1] * factor)))
        for section in sections
    )


def _sized(concept: Concept, form: Form, bar_s: float) -> Sections:
    if concept.length_s is not None:
        return fit(form.sections, concept.length_s / bar_s)
    return jittered(form.sections, choices(concept.seed, "settle", "form", "jitter"))


def _settled_tokens(sections: Sections, seed: int) -> Sections:
    """Tokens with a probability behind them (`transpose +2 p .35`) decided once a track."""
    rng = choices(seed, "settle", "form", "maybe")

    def decided(section: FormSection) -> FormSection:
        tokens = (_decide(token, rng) for token in section.automation)
        return replace(section, automation=tuple(token for token in tokens if token))

    return tuple(decided(section) for section in sections)


def _decide(token: str, rng: random.Random) -> str:
    found = _MAYBE.fullmatch(token)
    if found is None:
        return token
    return found[1] if rng.random() < float(found[2]) else ""
