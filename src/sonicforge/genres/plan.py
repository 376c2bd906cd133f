"""`Plan`: a concept with every open question answered, and the way a composer needs it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sonicforge.genres.genre import Form, Genre, Layer
from sonicforge.genres.mood import MoodDelta
from sonicforge.music.scale import Key


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be composed.

    `form` has its final lengths, energies and parts; `energy` is the wish behind them, 0 the calmest and 1 the fullest
    the genre can be. `cast` holds one alternative for each part code that may play, `without` the codes that must not.
    `compromises` says in words where a wish could only nearly be met.
    """

    genre: Genre
    seed: int
    title: str
    bpm: float
    key: Key
    energy: float
    form_name: str
    form: Form
    mood: MoodDelta
    cast: Mapping[str, tuple[Layer, ...]]
    without: tuple[str, ...]
    swing_percent: float
    compromises: tuple[str, ...] = ()

    @property
    def beats_per_bar(self) -> int:
        return self.form.beats_per_bar

    @property
    def bar_s(self) -> float:
        """Seconds per bar at the plain tempo."""
        return self.form.beats_per_bar * 60.0 / self.bpm

    @property
    def length_s(self) -> float:
        """Seconds of the form at the plain tempo, without the ring-out."""
        return self.form.bars * self.bar_s
