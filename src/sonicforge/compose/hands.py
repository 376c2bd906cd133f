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
        self._kit = kit
        self._seed = kit.sketch.seed_for("drums")
        self._drifts: dict[str, Drift] = {}
        self._masks: dict[str, tuple[int, ...]] = {}
        self._touched = any(sigma for _, sigma in kit.sketch.genre.drums.timing.values())
        self._noise = choices(self._seed, "compose", "drums", "touch").gauss

    def drift(self, hit: Strike) -> Drift:
        timing = self._kit.sketch.genre.drums.timing
        row = hit.row
        if row == "k" and hit.step and "second_kicks" in timing:
            row = "second_kicks"
        if row not in self._drifts:
            mean, sigma = timing.get(row, (0.0, 0.0))
            if hit.code == "k" and self._kit.sketch.genre.club:
                sigma = min(sigma, CLUB_KICK_MS)
            rng = choices(self._seed, "compose", "drums", "timing", row)
            self._drifts[row] = Drift(rng, mean, sigma)
        return self._drifts[row]

    def shifts(self, together: list[Strike]) -> list[float]:
        drifts = [self.drift(hit) for hit in together]
        own = [drift.next_ms() for drift in drifts]
        if len(together) > 1:
            own = keep_order([(d.mean, d.sigma, s) for d, s in zip(drifts, own, strict=True)])
        return [round(shift + hit.flam_ms, 2) for hit, shift in zip(together, own, strict=True)]

    def touch(self, hit: Strike) -> float:
        """Deviation of a hit's velocity: the row's own accents plus a little noise."""
        sigma = self.spread(hit)
        if sigma == 0.0:
            return 0.0
        if hit.row not in self._masks:
            rng = choices(self._seed, "compose", "drums", "accents", hit.row)
            self._masks[hit.row] = accent_mask(rng, 16, sigma)
        return self._masks[hit.row][hit.step % 16] + self._noise(0.0, sigma * 0.6)

    def spread(self, hit: Strike) -> float:
        """Velocity sigma of a row: nothing for a chip, 1.5 for a club kick, up to 9 for hand percussion."""
        sigma = self._kit.sketch.genre.drums.timing.get(hit.row, (0.0, 1.0))[1]
        if not self._touched:
            return 0.0
        if hit.code == "k":
            return 1.5 if self._kit.sketch.genre.club else 3.0
        return min(9.0, (5.0 if hit.code == "h" else 3.0) + 0.9 * sigma)


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
    """Open hits end at the next hit of the same voice; a second hit on the same tick is one too many."""
    kept: list[Note] = []
    for index, note in enumerate(notes):
        if kept and kept[-1].start == note.start and kept[-1].pitch == note.pitch and _near(kept[-1], note):
            if note.velocity > kept[-1].velocity:
                kept[-1] = note
            continue
        if note.open and index + 1 < len(notes):
            room = max(STEP // 2, min(2 * STEP, notes[index + 1].start - note.start))
            note = Note(note.start, room, note.pitch, note.velocity, note.shift_ms, open=True)
        kept.append(note)
    return tuple(kept)


def _near(first: Note, second: Note) -> bool:
    return abs(first.shift_ms - second.shift_ms) < 10
