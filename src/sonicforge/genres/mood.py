"""Moods: how a wish like `dark` or `sunny` bends a genre, and how several moods combine."""

from collections.abc import Iterable
from dataclasses import dataclass

from sonicforge.errors import UnknownName

DENSITY = (0.4, 1.3)
BRIGHTNESS = (0.5, 1.3)


@dataclass(frozen=True, slots=True)
class MoodDelta:
    """What moods change in a genre.

    `tempo` is the place inside the genre's range, 0 slowest .. 1 fastest, or None to leave it; `modes` are preferred,
    best first; `register` moves lead and pads by semitones; `density` and `brightness` are factors; `reverb_db` is
    added to the sends; `swing` to the swing percent. The default changes nothing.
    """

    names: tuple[str, ...] = ()
    tempo: float | None = None
    modes: tuple[str, ...] = ()
    register: int = 0
    density: float = 1.0
    brightness: float = 1.0
    reverb_db: float = 0.0
    swing: float = 0.0


@dataclass(frozen=True, slots=True)
class Mood:
    """One row of the mood table; `genres` are where it is at home, `words` what else people call it."""

    tempo: float
    modes: tuple[str, ...]
    register: int
    density: float
    brightness: float
    reverb_db: float
    genres: tuple[str, ...]
    words: tuple[str, ...]
    swing: float = 0.0


MOODS: dict[str, Mood] = {
    "calm": Mood(
        0.20, ("ionian", "lydian", "dorian"), 0, 0.70, 0.75, 3,
        ("ambient", "lofi_hiphop", "downtempo"),
        ("peaceful", "quiet", "relaxed", "relaxing", "serene", "tranquil", "gentle", "soft", "chilled", "mellow",
         "soothing", "meditative", "zen", "still", "easy"),
    ),
    "dark": Mood(
        0.45, ("phrygian", "aeolian", "locrian"), -5, 0.90, 0.65, 1,
        ("techno_melodic", "techno_peak", "drum_and_bass_neuro", "dubstep"),
        ("gloomy", "sinister", "black", "brooding", "ominous", "evil", "gothic", "industrial", "mechanical", "heavy"),
    ),
    "euphoric": Mood(
        0.75, ("aeolian", "ionian"), 5, 1.15, 1.25, 2,
        ("trance_uplifting", "house_progressive"),
        ("ecstatic", "blissful", "uplifting", "anthemic", "joyful", "yearning", "hands in the air"),
    ),
    "melancholic": Mood(
        0.30, ("aeolian", "dorian"), -2, 0.80, 0.80, 2,
        ("future_garage", "lofi_hiphop", "cinematic"),
        ("sad", "melancholy", "sorrowful", "blue", "heartbroken", "lonely", "bittersweet", "moody", "tearful",
         "grieving", "emotional"),
    ),
    "dreamy": Mood(
        0.30, ("lydian", "ionian"), 3, 0.75, 0.85, 5,
        ("ambient", "future_garage", "house_progressive"),
        ("dreamlike", "floating", "ethereal", "hazy", "airy", "heavenly", "hypnagogic", "floaty"),
    ),
    "rainy": Mood(
        0.25, ("aeolian", "dorian"), -2, 0.75, 0.70, 2,
        ("lofi_hiphop", "future_garage", "jazz_lounge"),
        ("wet", "drizzly", "grey", "stormy", "foggy", "misty"),
    ),
    "energetic": Mood(
        0.85, ("mixolydian", "aeolian"), 3, 1.25, 1.20, -2,
        ("drum_and_bass", "techno_peak", "chiptune"),
        ("lively", "driving", "powerful", "pumping", "intense", "upbeat", "frantic", "hyper", "wild", "exciting",
         "banging"),
    ),
    "focused": Mood(
        0.50, ("dorian", "ionian"), 0, 0.80, 0.80, 0,
        ("lofi_hiphop", "techno_melodic", "ambient"),
        ("concentrated", "concentration", "productive", "flowing", "steady", "minimal"),
    ),
    "sleepy": Mood(
        0.00, ("lydian", "ionian"), -3, 0.45, 0.55, 4,
        ("ambient", "lofi_hiphop"),
        ("drowsy", "tired", "bedtime", "lullaby", "sleeping", "lazy"),
    ),
    "hopeful": Mood(
        0.55, ("ionian", "lydian", "dorian"), 2, 0.95, 1.05, 2,
        ("cinematic", "house_progressive", "drum_and_bass"),
        ("optimistic", "inspiring", "inspirational", "encouraging", "motivational", "soaring", "positive"),
    ),
    "nostalgic": Mood(
        0.35, ("ionian", "mixolydian"), 0, 0.85, 0.75, 1,
        ("lofi_hiphop", "synthwave", "chiptune"),
        ("wistful", "retro", "vintage", "old", "sentimental", "childhood", "neon"),
    ),
    "romantic": Mood(
        0.35, ("ionian", "aeolian"), 0, 0.80, 0.85, 2,
        ("synthwave", "jazz_lounge", "downtempo"),
        ("love", "loving", "sensual", "sexy", "passionate", "tender", "seductive"),
    ),
    "aggressive": Mood(
        0.80, ("phrygian", "locrian"), -3, 1.20, 1.15, -3,
        ("drum_and_bass_neuro", "techno_peak", "dubstep"),
        ("angry", "violent", "brutal", "hard", "harsh", "fierce", "furious", "nasty"),
    ),
    "hypnotic": Mood(
        0.55, ("aeolian", "phrygian", "dorian"), -2, 0.95, 0.80, 1,
        ("techno_melodic", "techno_peak", "house_deep"),
        ("trippy", "repetitive", "trancey", "mesmerising", "mesmerizing", "psychedelic"),
    ),
    "epic": Mood(
        0.50, ("aeolian", "lydian"), 4, 1.10, 1.05, 4,
        ("cinematic", "dubstep", "trance_uplifting"),
        ("grand", "majestic", "huge", "awe", "dramatic", "monumental", "sweeping"),
    ),
    "playful": Mood(
        0.65, ("mixolydian", "ionian"), 4, 1.10, 1.10, -2,
        ("chiptune", "jazz_lounge", "house_deep"),
        ("fun", "funny", "quirky", "cheeky", "cute", "bouncy", "silly", "whimsical"),
    ),
    "tense": Mood(
        0.60, ("phrygian", "harmonic_minor"), 0, 0.95, 0.90, 1,
        ("drum_and_bass_neuro", "cinematic", "techno_melodic", "techno_peak"),
        ("suspenseful", "anxious", "nervous", "scary", "creepy", "horror", "eerie", "restless"),
    ),
    "sunny": Mood(
        0.60, ("ionian", "mixolydian"), 2, 1.00, 1.10, 0,
        ("downtempo", "house_deep", "drum_and_bass"),
        ("happy", "cheerful", "bright", "summery", "tropical", "exotic", "feel good", "feelgood", "merry"),
    ),
    "nocturnal": Mood(
        0.40, ("aeolian", "dorian"), -3, 0.85, 0.75, 3,
        ("future_garage", "house_deep", "techno_melodic", "jazz_lounge"),
        ("late-night", "late night", "midnight", "nightly", "urban"),
    ),
    "intimate": Mood(
        0.20, ("ionian", "aeolian"), -2, 0.60, 0.70, -2,
        ("cinematic", "jazz_lounge", "lofi_hiphop"),
        ("close", "private", "delicate", "fragile", "bare"),
    ),
    "spacious": Mood(
        0.25, ("lydian", "mixolydian"), 2, 0.55, 0.85, 6,
        ("ambient", "future_garage", "cinematic"),
        ("wide", "vast", "spacey", "cosmic", "open", "space", "celestial", "futuristic"),
    ),
    "warm": Mood(
        0.35, ("ionian", "dorian"), -2, 0.85, 0.75, 1,
        ("house_deep", "lofi_hiphop", "downtempo"),
        ("cosy", "cozy", "smooth", "soulful", "comfortable", "organic", "soul"),
    ),
    "cold": Mood(
        0.55, ("aeolian", "locrian", "lydian"), 2, 0.80, 1.10, 3,
        ("techno_melodic", "drum_and_bass_neuro", "ambient"),
        ("icy", "frozen", "frosty", "sterile", "bleak", "winter", "wintry"),
    ),
    "heroic": Mood(
        0.65, ("ionian", "mixolydian"), 4, 1.05, 1.10, 2,
        ("chiptune", "synthwave", "trance_uplifting"),
        ("triumphant", "victorious", "brave", "proud", "adventurous", "victory"),
    ),
    "groovy": Mood(
        0.50, ("dorian", "mixolydian"), 0, 1.05, 0.95, -1,
        ("house_deep", "jazz_lounge", "downtempo"),
        ("funky", "danceable", "swinging", "jazzy", "head-nodding", "laid-back", "laid back"), 2.0,
    ),
    "mysterious": Mood(
        0.35, ("phrygian", "lydian", "dorian"), -1, 0.65, 0.75, 4,
        ("cinematic", "ambient", "future_garage"),
        ("magical", "enigmatic", "strange", "weird", "occult", "secret", "sophisticated", "elegant"),
    ),
}  # fmt: skip
"""Columns: tempo place, modes, register, density, brightness, reverb dB, genres where it is at home, other words."""

WORDS: dict[str, str] = {
    **{word: name for name, mood in MOODS.items() for word in mood.words},
    **{name: name for name in MOODS},
}
"""Every mood word -> the name in `MOODS`."""


def mood_name(word: str) -> str:
    """The mood behind a word; raises `UnknownName` with the moods there are."""
    plain = " ".join(word.lower().split())
    if plain not in WORDS:
        raise UnknownName("mood", word, MOODS)
    return WORDS[plain]


def combine(words: Iterable[str]) -> MoodDelta:
    """Several moods as one: numbers averaged, modes intersected (united where nothing is common), factors clamped.

    No words change nothing. Raises `UnknownName`.
    """
    names = tuple(dict.fromkeys(mood_name(word) for word in words))
    if not names:
        return MoodDelta()
    moods = [MOODS[name] for name in names]
    count = len(moods)
    return MoodDelta(
        names=names,
        tempo=sum(mood.tempo for mood in moods) / count,
        modes=_common_modes([mood.modes for mood in moods]),
        register=round(sum(mood.register for mood in moods) / count),
        density=_clamp(sum(mood.density for mood in moods) / count, DENSITY),
        brightness=_clamp(sum(mood.brightness for mood in moods) / count, BRIGHTNESS),
        reverb_db=sum(mood.reverb_db for mood in moods) / count,
        swing=sum(mood.swing for mood in moods) / count,
    )


def _common_modes(lists: list[tuple[str, ...]]) -> tuple[str, ...]:
    common = tuple(mode for mode in lists[0] if all(mode in modes for modes in lists))
    return common or tuple(dict.fromkeys(mode for modes in lists for mode in modes))


def _clamp(value: float, span: tuple[float, float]) -> float:
    return min(max(value, span[0]), span[1])
