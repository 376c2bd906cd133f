"""Manners: how each genre makes its tunes. Durations are in 16ths; the numbers of the genre files stay theirs.

A plan is a row of motif statements over eight bars:

    A  the hook            v  a variation by the genre's own operations     -  silence
    B  the contrast        o  the hook with an open ending                  c  the hook with a closed ending
    s  the hook a step or a third higher        i  turned over              e  the answer that climbs to the peak
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sonicforge.genres.genre import Genre

Weights = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Manner:
    """`values`: note values of rhythms; `starts`: where a motif's first note may stand; `bars`: motif length.

    `presence` is the most of a track's time that a lead may sound; `second` names what the second voice does;
    `double` is the octave added where a section asks for the full lead; `glide` the chance that a leap slides; `arc`
    and `jitter` the velocity span of a phrase and its noise; `loops` the lengths of loops that ignore the bar;
    `carrier` the part code that has the tune; `grace` the chance of a grace note; `appoggiatura`: long strong notes
    may lean from above.
    """

    kind: str
    values: Weights
    starts: Weights
    bars: int
    notes: tuple[int, int]
    plans: tuple[str, ...]
    span: tuple[int, int] = (4, 9)
    pitches: tuple[int, int] = (3, 5)
    breath: int = 2
    presence: float = 0.60
    second: str = "answer"
    double: int = -12
    glide: float = 0.0
    arc: float = 8.0
    jitter: float = 3.0
    loops: tuple[int, ...] = ()
    carrier: str = "l"
    grace: float = 0.0
    appoggiatura: bool = False


_SONG = ("A v A c", "A o A c", "A A B c", "A o B c", "A A o c")

MANNERS: dict[str, Manner] = {
    "lofi_hiphop": Manner(
        "fragment", {2: 5, 3: 3, 4: 4, 6: 2, 1: 0.5}, {2: 4, 6: 3, 3: 1.5, 4: 1, 7: 1}, 2, (3, 6),
        ("A v B c", "A A B v", "A o A c", "A v A c"), breath=8, second="answer", arc=9, jitter=5,
        grace=0.12,
    ),
    "house_deep": Manner(
        "riff", {2: 4, 3: 5, 1: 1, 4: 2, 6: 1}, {2: 3, 3: 3, 6: 2, 0: 1.5, 7: 1}, 2, (4, 7),
        ("A A A v", "A v A c", "A A v A", "A v A v"), span=(4, 8), breath=5, second="chops", arc=6, jitter=5,
    ),
    "house_progressive": Manner(
        "song", {3: 5, 2: 2, 4: 2, 6: 4, 8: 1, 10: 1}, {0: 5, 2: 1.5, 3: 1.5, 4: 1}, 2, (4, 7),
        _SONG, breath=3, second="inversion", arc=11, jitter=4.5,
    ),
    "techno_melodic": Manner(
        "hook", {6: 3, 4: 3, 8: 3, 12: 2, 3: 2, 10: 1, 2: 1}, {0: 4, 4: 1, 6: 1, 3: 1, 8: 0.5}, 4, (3, 6),
        ("A v", "A s", "A o", "A c"), span=(4, 10), breath=16, second="answer", glide=0.5, arc=6,
    ),
    "techno_peak": Manner(
        "loop", {1: 2, 2: 5, 3: 5, 4: 2, 5: 1}, {0: 3, 2: 2, 1: 1, 3: 1.5, 4: 1}, 1, (3, 8),
        ("A A A A A A A A",), span=(1, 12), pitches=(2, 4), breath=1, arc=3, glide=0.3, loops=(12, 16, 16, 24, 32),
    ),
    "trance_uplifting": Manner(
        "anthem", {3: 6, 2: 3, 4: 2, 6: 1.5, 5: 0.5}, {0: 6, 2: 1.5, 3: 1, 4: 0.5}, 1, (3, 6),
        ("A i A o A s e c", "A s A o i s e c", "A B A o A s e c", "A A i o A A e c", "A v s o A i e c"),
        span=(3, 9), pitches=(2, 5), breath=0, presence=0.66, second="strings", arc=5, jitter=3, glide=0.25,
    ),
    "drum_and_bass": Manner(
        "song", {4: 4, 6: 5, 8: 3, 2: 1, 3: 1.5, 12: 1, 10: 1}, {0: 3, 4: 2, 2: 1.5, 6: 2, 8: 1}, 2, (3, 6),
        ("A - v -", "A v B c", "A o A c", "A - o c", "A v A c"), breath=6, second="chops", arc=8, jitter=4, grace=0.06,
    ),
    "drum_and_bass_neuro": Manner(
        "hook", {8: 4, 6: 2, 12: 3, 16: 1, 4: 2, 10: 1, 3: 1}, {0: 4, 4: 1.5, 8: 1, 6: 1}, 4, (4, 5),
        ("A v", "A s", "A A", "A o"), span=(2, 9), pitches=(3, 4), breath=14, glide=0.6, arc=7,
    ),
    "dubstep": Manner(
        "song", {4: 3, 6: 4, 8: 3, 3: 2, 2: 1, 12: 1, 10: 0.7}, {0: 4, 2: 1, 4: 1.5, 6: 1}, 2, (4, 6),
        ("A A B c", "A v A c", "A o A c", "A A o c"), span=(5, 12), breath=4, arc=8, jitter=4,
    ),
    "synthwave": Manner(
        "song", {2: 4, 3: 3, 4: 4, 6: 2.5, 8: 2, 5: 0.5}, {0: 4, 2: 2, 4: 1.5, 3: 1}, 2, (4, 7),
        _SONG, breath=3, second="bells", glide=0.7, arc=8,
    ),
    "ambient": Manner(
        "drift", {6: 2, 8: 3, 12: 3, 16: 2}, {0: 2, 4: 1, 8: 1}, 4, (4, 5), ("A -",),
        span=(2, 12), breath=16, second="choir", arc=10, jitter=5,
    ),
    "downtempo": Manner(
        "song", {2: 4, 3: 3, 4: 3, 6: 3, 8: 1.5, 5: 0.7}, {0: 2, 2: 3, 4: 2, 3: 1.5, 6: 1.5}, 2, (3, 7),
        ("A - v c", "A o - c", "A v - c", "A v B c", "A - B c"), breath=5, second="answer", glide=0.3, arc=9, jitter=5,
        grace=0.1,
    ),
    "future_garage": Manner(
        "fragment", {3: 3, 4: 3, 6: 4, 8: 2, 2: 1.5, 10: 0.7}, {0: 2, 4: 2, 6: 2, 3: 1.5, 7: 1}, 2, (3, 5),
        ("A v B c", "A A B v", "A o A v"), span=(3, 8), breath=7, second="chops", double=12, arc=9,
        jitter=5.5, carrier="v",
    ),
    "jazz_lounge": Manner(
        "head", {2: 6, 4: 4, 6: 2, 8: 1, 3: 0.0}, {0: 2, 2: 3, 4: 1.5, 6: 2, 10: 1}, 2, (3, 7),
        ("A v B c", "A s o c", "A o A c", "A v s c"), span=(4, 12), breath=4, presence=0.75, second="harmony",
        double=12, arc=10, jitter=7, grace=0.05,
    ),
    "cinematic": Manner(
        "theme", {4: 5, 8: 4, 12: 2, 6: 2, 2: 2}, {0: 6, 4: 2, 8: 1}, 2, (3, 6),
        ("A o e c", "A s e c", "A v e c"), span=(4, 12), breath=4, presence=0.85, second="strings", double=12,
        glide=0.2, arc=16, jitter=5, appoggiatura=True,
    ),
    "chiptune": Manner(
        "sentence", {2: 7, 1: 2, 3: 3.5, 4: 2.5, 6: 1}, {0: 6, 2: 1, 4: 0.5}, 1, (5, 7),
        ("A i A o A i e c", "A B A o s B e c", "A i v o A s e c", "A B A o A i e c"), span=(5, 14), pitches=(3, 6),
        breath=1, presence=0.85, second="echo",
        double=0, arc=0, jitter=0, glide=0.15, grace=0.05,
    ),
}  # fmt: skip
"""Manner of each shipped genre."""

_PLAIN = Manner("song", {2: 4, 3: 3, 4: 4, 6: 2, 8: 1}, {0: 3, 2: 2, 4: 1, 6: 1}, 2, (3, 7), _SONG, breath=3)


def manner_of(genre: Genre) -> Manner:
    """The manner of a genre; a genre of one's own borrows another's with `identity: {melody_like: name}`."""
    return MANNERS.get(str(genre.identity.get("melody_like", genre.name)), MANNERS.get(genre.name, _PLAIN))
