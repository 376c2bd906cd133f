"""A form cut to a wanted length: sections dropped, repeated and scaled in steps of whole phrases.

Intro, outro and the peaks are kept longest. Bar numbers inside automation tokens move with their sections.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from sonicforge.genres.genre import FormSection

REPEAT_ABOVE = 1.7
"""A form is played round again rather than stretched further than this."""
CHORUS = 12
"""Bars of a blues: a form of twelve-bar sections grows and shrinks by whole choruses."""

_ENTRY = re.compile(r"(.* (?:from|until)) (\d+)")
_AMOUNT = re.compile(r"([A-Z]{3})\((\d+)\)")
_IN_BARS = frozenset({"RIS", "SNR", "HPF", "LPF", "DWN"})
_FADE = re.compile(r"(fade (?:in|out)) (\d+)")

Sections = tuple[FormSection, ...]


def unit_of(sections: Sections) -> int:
    """Bars in which sections may grow and shrink: 8 where all are multiples of 8, else 4."""
    return 8 if all(section.bars % 8 == 0 for section in sections) else 4


def fit(sections: Sections, bars: float) -> Sections:
    """The form as close to `bars` as whole phrases of four (eight in long club forms) allow, but never below four."""
    wanted = max(1, round(bars / 4))
    if abs(bars - sum(section.bars for section in sections)) <= 2:
        return sections
    kept = _repeated(_kept(sections, wanted), wanted)
    step = 8 if unit_of(kept) == 8 and bars >= 16 * len(kept) else 4
    counts = _shares([section.bars for section in kept], max(len(kept), round(bars / step)))
    return tuple(resized(section, step * count) for section, count in zip(kept, counts, strict=True))


def jittered(sections: Sections, rng: random.Random) -> Sections:
    """One inner section longer or shorter by one step, so that tracks of one form differ; choruses stay whole."""
    choruses = all(section.bars % CHORUS == 0 for section in sections[1:-1])
    step = CHORUS if choruses else unit_of(sections)
    inner = [index for index in range(1, len(sections) - 1) if sections[index].bars >= 2 * step]
    if not inner:
        return sections
    index = rng.choice(inner)
    bars = sections[index].bars + rng.choice((-step, step))
    return (*sections[:index], resized(sections[index], bars), *sections[index + 1 :])


def resized(section: FormSection, bars: int) -> FormSection:
    """A section with another number of bars; entries keep their place in proportion, transitions fit inside."""
    if bars == section.bars:
        return section
    automation = tuple(_moved(token, section.bars, bars) for token in section.automation)
    transition = tuple(_clipped(token, bars) for token in section.transition)
    return replace(section, bars=bars, automation=tuple(filter(None, automation)), transition=transition)


def shortened_fades(sections: Sections, bar_s: float) -> Sections:
    """Fades never longer than three quarters of their section; `bar_s` is seconds per bar."""

    def clip(section: FormSection) -> FormSection:
        most = max(2, int(section.bars * bar_s * 0.75))
        tokens = (
            _FADE.sub(lambda found: f"{found[1]} {min(int(found[2]), most)}", token) for token in section.automation
        )
        return replace(section, automation=tuple(tokens))

    return tuple(clip(section) for section in sections)


def _shares(bars: Sequence[int], wanted: int) -> list[int]:
    """Whole numbers in proportion to `bars` that add up to `wanted`, at least 1 each."""
    exact = [wanted * count / sum(bars) for count in bars]
    counts = [max(1, int(value)) for value in exact]
    while sum(counts) < wanted:
        missing = [value - count for value, count in zip(exact, counts, strict=True)]
        counts[missing.index(max(missing))] += 1
    while sum(counts) > wanted:
        spare = [count - value if count > 1 else -wanted for value, count in zip(exact, counts, strict=True)]
        counts[spare.index(max(spare))] -= 1
    return counts


def _kept(sections: Sections, wanted: int) -> Sections:
    """The most important sections that `wanted` phrases of four bars have room for, in their order."""
    room = max(1, min(len(sections), wanted))
    if wanted * 4 < 0.55 * sum(section.bars for section in sections):
        room = min(room, max(2, round(len(sections) * wanted * 4 / (0.55 * sum(s.bars for s in sections)))))
    ranked = sorted(range(len(sections)), key=lambda index: -_importance(sections, index))
    return tuple(sections[index] for index in sorted(ranked[:room]))


def _importance(sections: Sections, index: int) -> float:
    """The peak, then the ends, then what leads into the peak, then by energy."""
    energies = [sum(section.energy) / 2 for section in sections]
    peak = energies.index(max(energies))
    if index == peak:
        return 10.0
    if index == len(sections) - 1:
        return 8.0
    if index == 0:
        return 7.0
    return (5.0 if index == peak - 1 else 0.0) + energies[index]


def _repeated(sections: Sections, wanted: int) -> Sections:
    """The body between first and last section played again until the rest is a modest stretch."""
    body = sections[1:-1]
    total = sum(section.bars for section in sections)
    body_bars = sum(section.bars for section in body)
    if not body or wanted * 4 <= REPEAT_ABOVE * total:
        return sections
    rounds = 1 + round((wanted * 4 - total) / body_bars)
    again = [replace(section, name=f"{section.name} {number}") for number in range(2, rounds + 1) for section in body]
    return (sections[0], *body, *again, sections[-1])


def _moved(token: str, old: int, new: int) -> str:
    found = _ENTRY.fullmatch(token)
    if found is None:
        return token
    number = int(found[2])
    if found[1].endswith("from"):
        bar = _phrase((number - 1) * new / old, new) + 1
        return f"{found[1]} {bar}" if bar <= new else ""
    return f"{found[1]} {max(1, _phrase(number * new / old, new))}"


def _phrase(bar: float, bars: int) -> int:
    """A bar number drawn to the phrase grid of four, or of two in very short sections."""
    grid = 4 if bars > 8 else 2
    return round(bar / grid) * grid


def _clipped(token: str, bars: int) -> str:
    found = _AMOUNT.fullmatch(token)
    if found is None or found[1] not in _IN_BARS:
        return token
    return f"{found[1]}({min(int(found[2]), bars)})"
