"""Strikes played by hands: drift, kept order, accents, choked cymbals; one part per voice of the kit."""

from collections.abc import Iterable

from sonicforge.chance import choices
from sonicforge.compose.humanise import Drift, accent_mask, keep_order, velocity
from sonicforge.compose.kit import Kit, Strike
from sonicforge.music.score import STEP, Note, Part

CLUB_KICK_MS = 0.8
"""A club kick hardly wanders: the feel comes from the others."""


def played(kit: Kit, strikes: list[Strike]) -> list[Part]:
    """Strikes with a drummer's timing and touch, as parts in the order of the kit."""
    strikes.sort(key=lambda s: (s.tick, s.voice, s.row, s.flam_ms))
    hands = _Hands(kit)
    notes: dict[str, list[Note]] = {}
    seen: dict[str, str] = {}
    for together in _simultaneous(strikes):
        shifts = hands.shifts(together)
        for hit, shift in zip(together, shifts, strict=True):
            touch = velocity(hit.velocity + hands.touch(hit))
            length = STEP * 2 if hit.open else STEP
            note = Note(hit.tick, length, hit.pitch, touch, shift, ghost=hit.ghost, open=hit.open)
            notes.setdefault(hit.voice, []).append(note)
            seen[hit.voice] = hit.code
    order = sorted(notes, key=lambda voice: ("kshpx".index(seen[voice]), voice))
    return [Part(v, seen[v], kit.stems.get(v, v), v, True, _choked(notes[v])) for v in order]


class _Hands:
    """Drift, accents and touch of each row."""

    def __init__(self, kit: Kit) -> None:
        self._seed = kit.sketch.seed_for("drums")
        self._club = kit.sketch.genre.club
        self._timing = kit.sketch.genre.drums.timing
        self._drifts: dict[str, Drift] = {}
        self._masks: dict[str, tuple[float, tuple[int, ...]]] = {}
        self._touched = any(sigma for _, sigma in self._timing.values())
        self._noise = choices(self._seed, "compose", "drums", "touch").gauss

    def shifts(self, together: list[Strike]) -> list[float]:
        """Timing in ms of strikes that fall together; whoever is meant to be earlier is."""
        drifts = [self._drift(hit) for hit in together]
        own = [drift.next_ms() for drift in drifts]
        if len(together) > 1 and any(drift.mean != drifts[0].mean for drift in drifts):
            own = keep_order([(d.mean, d.sigma, s) for d, s in zip(drifts, own, strict=True)])
        return [round(shift + hit.flam_ms, 2) for hit, shift in zip(together, own, strict=True)]

    def touch(self, hit: Strike) -> float:
        """Deviation of a hit's velocity: the row's own accents plus a little noise."""
        if hit.row not in self._masks:
            sigma = self._spread(hit)
            rng = choices(self._seed, "compose", "drums", "accents", hit.row)
            self._masks[hit.row] = sigma, accent_mask(rng, 16, sigma)
        sigma, mask = self._masks[hit.row]
        return mask[hit.step % 16] + self._noise(0.0, sigma * 0.6) if sigma else 0.0

    def _drift(self, hit: Strike) -> Drift:
        row = hit.row
        if row == "k" and hit.step and "second_kicks" in self._timing:
            row = "second_kicks"
        drift = self._drifts.get(row)
        if drift is None:
            mean, sigma = self._timing.get(row, (0.0, 0.0))
            if hit.code == "k" and self._club:
                sigma = min(sigma, CLUB_KICK_MS)
            drift = self._drifts[row] = Drift(choices(self._seed, "compose", "drums", "timing", row), mean, sigma)
        return drift

    def _spread(self, hit: Strike) -> float:
        """Velocity sigma of a row: nothing for a chip, 1.5 for a club kick, up to 9 for hand percussion."""
        if not self._touched:
            return 0.0
        if hit.code == "k":
            return 1.5 if self._club else 3.0
        return min(9.0, (5.0 if hit.code == "h" else 3.0) + 0.9 * self._timing.get(hit.row, (0.0, 1.0))[1])


def _simultaneous(strikes: list[Strike]) -> Iterable[list[Strike]]:
    group: list[Strike] = []
    for hit in strikes:
        if group and hit.tick != group[0].tick:
            yield group
            group = []
        group.append(hit)
    if group:
        yield group


def _choked(notes: list[Note]) -> tuple[Note, ...]:
    """Of two hits of one voice on one tick the louder stays; open hits end at the next hit of the voice."""
    kept: list[Note] = []
    for note in notes:
        if kept and kept[-1].start == note.start and kept[-1].pitch == note.pitch and _near(kept[-1], note):
            if note.velocity > kept[-1].velocity:
                kept[-1] = note
        else:
            kept.append(note)
    for index, note in enumerate(kept[:-1]):
        if note.open:
            room = max(STEP // 2, min(2 * STEP, kept[index + 1].start - note.start))
            kept[index] = Note(note.start, room, note.pitch, note.velocity, note.shift_ms, open=True)
    return tuple(kept)


def _near(first: Note, second: Note) -> bool:
    return abs(first.shift_ms - second.shift_ms) < 10
