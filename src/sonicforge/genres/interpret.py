"""Plain words -> `Concept`: what was asked, what was understood, and where wishes had to give way.

Reading goes from the surest to the vaguest: length, tempo, key, genre, instruments, moods, scenes. Nothing a person
writes raises an error: wishes that exclude each other become a stated compromise.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from sonicforge.chance import choices
from sonicforge.errors import SonicForgeError
from sonicforge.genres import instrument, measure, mood, scene
from sonicforge.genres.concept import BPM, LENGTH_S, Concept
from sonicforge.genres.genre import Genre
from sonicforge.genres.load import load
from sonicforge.genres.phrase import Phrase, listed
from sonicforge.genres.settle import TOLERANCE, choose_genre
from sonicforge.genres.synonym import genre_words

SLOW, FAST = 0.12, 0.88
"""Places inside the genre's tempo range."""

_NEGATED = re.compile(
    r"\b(?:not|no|never|isn't|don't want|without|less|nothing|neither|nor|anything but)\s+"
    r"(?:(?:too|very|so|overly|really|all|that|a|an|the|any|be|feel|sound)\s+){0,3}$"
)
_LIST = r"(?:[\s,&+/\x00-]|\b(?:and|or|any|the|a|an|some|more|lots|of|too|much)\b)*$"
_LEAVE_OUT = re.compile(r"\b(?:without|no|minus|drop|remove|skip|leave out|mute|except|exclude|lose)\b" + _LIST)
_FEATURE = re.compile(
    r"\b(?:with|featuring|feature|feat|more|lots of|add|including|include|plus|mainly|solo|only)\b" + _LIST
)
_VAGUE = frozenset({
    "tune", "beat", "beats", "rhythm", "noise", "solo", "solos", "lead", "leads", "voice", "voices", "hook", "harmony",
    "keys", "sequence", "melody", "melodies", "texture", "textures", "atmosphere", "chord", "chords", "vocal", "lyrics",
    "singing", "horns",
})  # fmt: skip
"""Words that mean an instrument only after "with" or "without"."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A concept, what was `understood` in sentences, and the `compromises` among them."""

    concept: Concept
    understood: tuple[str, ...]
    compromises: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """What has been found so far."""

    phrase: Phrase
    seed: int
    folder: Path | None
    said: list[str] = field(default_factory=list)
    gave_way: list[str] = field(default_factory=list)
    genre: str | None = None
    moods: list[str] = field(default_factory=list)
    features: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


def interpret(text: str, *, seed: int = 0, folder: Path | None = None) -> Heard:
    """The concept that a person's words ask for; what they leave open the seed will choose.

    `folder` holds the owner's genre files. Never raises for odd words.
    """
    reading = _Reading(Phrase(text), seed, folder)
    length = _length(reading)
    key = measure.key_of(reading.phrase, choices(seed, "interpret", "key", "tonic"))
    bpm, pace = _tempo(reading)
    energy = measure.energy_of(reading.phrase)
    _genre(reading)
    _instruments(reading)
    _moods(reading)
    _scenes(reading)
    if key is not None:
        reading.said.append(f"key: {key.name}")
    if energy is not None:
        reading.said.append(f"energy: {energy:.0%}")
    bpm = _agreed_tempo(reading, bpm, pace)
    concept = Concept(
        genre=reading.genre,
        mood=tuple(reading.moods),
        bpm=bpm,
        key=None if key is None else key.name,
        energy=energy,
        length_s=length,
        instruments=tuple(reading.features),
        without=tuple(reading.without),
        text=text,
        seed=seed,
    ).validated()
    if text.strip() and not (reading.said or reading.gave_way):
        reading.said.append("no genre, mood, tempo or instrument was named, so the seed chooses everything")
    return Heard(concept, (*reading.said, *reading.gave_way), tuple(reading.gave_way))


def _length(reading: _Reading) -> float | None:
    asked = measure.length_s(reading.phrase)
    if asked is None:
        return None
    length = measure.held(asked)
    if length != asked:
        low, high = LENGTH_S
        span = f"{low:.0f} seconds to {high / 60:.0f} minutes"
        reading.gave_way.append(f"a track lasts {span}, so it will be {_clock(length)}")
    reading.said.append(f"length: {_clock(length)}")
    return length


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _tempo(reading: _Reading) -> tuple[float | None, str]:
    bpm, pace = measure.tempo_bpm(reading.phrase)
    if bpm is not None and not BPM[0] <= bpm <= BPM[1]:
        reading.gave_way.append(f"{bpm:g} bpm is not between {BPM[0]:g} and {BPM[1]:g}, so the genre decides the tempo")
        bpm = None
    return bpm, pace


def _genre(reading: _Reading) -> None:
    found = reading.phrase.take_names(genre_words(reading.folder))
    wanted = [name for match, name in found if not _NEGATED.search(reading.phrase.before(match.start()))]
    kinds = list(dict.fromkeys(wanted))
    if not kinds:
        return
    reading.genre = kinds[0]
    reading.said.append(f"genre: {_title(kinds[0], reading.folder)}")
    if len(kinds) > 1:
        others = listed(_title(name, reading.folder) for name in kinds[1:])
        reading.gave_way.append(f"one track has one genre: took {_title(kinds[0], reading.folder)}, left {others}")


def _instruments(reading: _Reading) -> None:
    phrase = reading.phrase
    if phrase.take(r"\binstrumental\b"):
        reading.without.append("vocals")
    if phrase.take(r"\b(?:drumless|beatless|no beat|without a beat)\b"):
        reading.without.append("drums")
    for match, name in phrase.take_names(instrument.WORDS):
        before = phrase.rest[: match.start()]
        negated, wished = _LEAVE_OUT.search(before), _FEATURE.search(before)
        if negated and not (wished and wished.start() > negated.start() and wished[0].split()[0] != "more"):
            reading.without.append(name)
        elif wished or match[0] not in _VAGUE:
            reading.features.append(name)
    reading.without = list(dict.fromkeys(reading.without))
    features = list(dict.fromkeys(reading.features))
    reading.features = [name for name in features if name not in reading.without]
    if len(features) > len(reading.features):
        both = listed(name for name in features if name in reading.without)
        reading.gave_way.append(f"{both} cannot be both featured and left out: left out")
    if reading.features:
        reading.said.append(f"features: {listed(reading.features)}")
    if reading.without:
        reading.said.append(f"without: {listed(reading.without)}")


def _moods(reading: _Reading) -> None:
    for match, name in reading.phrase.take_names(mood.WORDS):
        if not _NEGATED.search(reading.phrase.before(match.start())):
            reading.moods.append(name)
    reading.moods = list(dict.fromkeys(reading.moods))
    if reading.moods:
        reading.said.append(f"mood: {listed(reading.moods)}")


def _scenes(reading: _Reading) -> None:
    """Scenes give moods beside those that were named, and a genre only when none was."""
    found = reading.phrase.take_names(scene.WORDS)
    scenes = [name for match, name in found if not _NEGATED.search(reading.phrase.before(match.start()))]
    for name in dict.fromkeys(scenes):
        place = scene.SCENES[name]
        said = [f"mood {listed(place.moods)}"] if not set(place.moods) <= set(reading.moods) else []
        reading.moods += [word for word in place.moods if word not in reading.moods]
        if reading.genre is None:
            reading.genre = choices(reading.seed, "interpret", "scene", name).choice(place.genres)
            said.append(_title(reading.genre, reading.folder))
        reading.said.append(f"scene: {name}" + (f", which suggests {listed(said)}" if said else ""))


def _agreed_tempo(reading: _Reading, bpm: float | None, pace: str) -> float | None:
    """A tempo that the genre can play; words like "slow" choose a place in its range."""
    if bpm is None and not pace:
        return None
    if bpm is None:
        genre = _genre_for(reading, None)
        low, high = genre.bpm
        bpm = float(round(low + (high - low) * (SLOW if pace == "slow" else FAST)))
        reading.said.append(f"tempo: {pace}, {bpm:g} bpm")
        return bpm
    if pace and ((pace == "fast" and bpm < 90) or (pace == "slow" and bpm > 130)):
        reading.gave_way.append(f"{pace} and {bpm:g} bpm do not go together: kept {bpm:g} bpm")
    if reading.genre is not None:
        bpm = _within(reading, bpm, load(reading.genre, folder=reading.folder))
    reading.said.append(f"tempo: {bpm:g} bpm")
    return bpm


def _within(reading: _Reading, bpm: float, genre: Genre) -> float:
    low, high = genre.bpm
    if low * (1 - TOLERANCE) <= bpm <= high * (1 + TOLERANCE):
        return bpm
    felt = next((value for value in (bpm * 2, bpm / 2) if low <= value <= high), None)
    taken = felt or min(max(bpm, low), high)
    how = "the same pulse counted at" if felt else "taken as"
    reading.gave_way.append(f"{genre.title} is played between {low:g} and {high:g} bpm: {bpm:g} is {how} {taken:g}")
    return float(taken)


def _genre_for(reading: _Reading, bpm: float | None) -> Genre:
    if reading.genre is None:
        wish = Concept(mood=tuple(reading.moods), bpm=bpm, seed=reading.seed)
        reading.genre = choose_genre(wish, reading.folder)
        reading.said.append(f"genre: {_title(reading.genre, reading.folder)}, chosen by the seed")
    return load(reading.genre, folder=reading.folder)


def _title(name: str, folder: Path | None) -> str:
    try:
        return load(name, folder=folder).title
    except SonicForgeError:
        return name.replace("_", " ")
