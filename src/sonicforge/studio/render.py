"""Playing and mixing a score: stems are rendered on all threads, but summed in one fixed order.

The order makes the sum of floats, and so every byte of the track, the same whatever thread finishes first. Only the
stems in work are held in memory; a listener (`on_stem`) may keep or write them as they pass.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from sonicforge.critic.judge import hear_stem
from sonicforge.critic.stem_facts import StemFacts
from sonicforge.genres.genre import Genre
from sonicforge.mix.decide import decide_stem
from sonicforge.mix.desk import Desk, ProcessedStem
from sonicforge.music.score import AUDIBLE_CUES, Score
from sonicforge.sound.audio import SAMPLE_RATE, Audio
from sonicforge.sound.stages import Mixdown
from sonicforge.synth.render import render_stem, stem_length

CUE_COST = 10
"""How much longer a tick of a riser takes to render than one of a note."""

T = TypeVar("T")
OnStem = Callable[[str, Audio], None]


@dataclass(frozen=True, slots=True)
class Played:
    """The mixdown and the small facts the critic took from every stem."""

    mixdown: Mixdown
    facts: tuple[StemFacts, ...]


def play(
    score: Score,
    genre: Genre,
    *,
    threads: int = 2,
    on_stem: OnStem | None = None,
    on_share: Callable[[float], None] | None = None,
    start: int = 0,
    end: int | None = None,
    kept: bool = False,
) -> Played:
    """Render every stem between the ticks `start` and `end`, mix as they come, and finish the mix.

    `kept` says that `on_stem` keeps the sound it is given, so that the mix must not use it up.
    """
    stems = playing_order(score)
    desk = Desk(score, genre, stem_length(score, start=start, end=end), SAMPLE_RATE, start=start)
    facts = []

    def work(stem: str) -> tuple[StemFacts, ProcessedStem]:
        audio = render_stem(score, genre, stem, start=start, end=end)
        if on_stem is not None:
            on_stem(stem, audio)
        heard = hear_stem(stem, audio, score, genre)
        decision = decide_stem(stem, audio, score, genre, start=start)
        return heard, desk.channel(stem, audio, decision, in_place=not kept)

    for heard, channel in _in_order(work, starting_order(stems, score), stems, threads):
        desk.add(channel)
        del channel  # before the next is waited for: a long stem is a hundred megabytes
        facts.append(heard)
        if on_share is not None:
            on_share(len(facts) / len(stems))
    return Played(desk.finish(threads=threads), tuple(facts))


def playing_order(score: Score) -> tuple[str, ...]:
    """The one order in which stems are summed.

    Drums come first, because the desk lets go of their bus when they are through; then whatever sounds longest in all,
    so that no heavy stem is left alone on one thread at the end.
    """
    parts = {stem: score.of_stem(stem) for stem in score.stems()}
    drums = [stem for stem, played in parts.items() if any(part.drums for part in played)]
    sounding = {stem: sum(note.length for part in played for note in part.notes) for stem, played in parts.items()}
    if "fx" in sounding:
        sounding["fx"] += CUE_COST * sum(cue.length for cue in score.cues if cue.kind in AUDIBLE_CUES)
    others = sorted((stem for stem in parts if stem not in drums), key=lambda stem: (-sounding[stem], stem))
    return (*drums, *others)


def starting_order(stems: tuple[str, ...], score: Score) -> tuple[str, ...]:
    """The order in which stems are begun: as they are summed, but the longest one beside the drums."""
    pitched = [stem for stem in stems if not any(part.drums for part in score.of_stem(stem))]
    return tuple(dict.fromkeys((*pitched[:1], *stems)))


def _in_order(work: Callable[[str], T], begun: tuple[str, ...], summed: tuple[str, ...], threads: int) -> Iterator[T]:
    """Results in the order `summed`, with at most `threads` + 1 of them alive at a time.

    `begun` may put one of them first, whose result then waits for its turn.
    """
    with ThreadPoolExecutor(max_workers=threads) as pool:
        to_do, waiting = deque(begun), dict[str, Future[T]]()
        try:
            for stem in summed:
                while to_do and (len(waiting) <= threads or stem not in waiting):
                    coming = to_do.popleft()
                    waiting[coming] = pool.submit(work, coming)
                yield waiting.pop(stem).result()
        finally:
            for future in waiting.values():
                future.cancel()
