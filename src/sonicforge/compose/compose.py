"""A plan becomes a score: form, harmony, groove, bass, chords, melodies, then automation and transitions.

Harmony and groove come first because everything melodic leans on them; every part draws its own chances, so one can be
rolled again without moving another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sonicforge.chance import subseed
from sonicforge.compose.automation import write_curves
from sonicforge.compose.bass import write_bass
from sonicforge.compose.comping import write_comping
from sonicforge.compose.cues import write_cues
from sonicforge.compose.drums import write_drums
from sonicforge.compose.form import entries_of, sections_of, transpositions_of
from sonicforge.compose.harmony import write_harmony
from sonicforge.compose.melody import write_melodies
from sonicforge.compose.motif import Hook
from sonicforge.compose.pads import write_pads
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.tempo import tempo_of
from sonicforge.compose.textures import write_textures
from sonicforge.compose.transitions import moves_of, muted, windows_of
from sonicforge.errors import UnknownName
from sonicforge.genres.plan import Plan
from sonicforge.music.score import TICKS, Part, Score

ROOMS = ("form", "harmony", "drums", "bass", "chords", "melody")
"""What can be rolled again alone."""


def compose(plan: Plan, *, avoid: Iterable[Hook] = ()) -> Score:
    """The score of a plan. The same plan gives the same score, always.

    `avoid` are hooks of other tracks, as in `Score.hook`, that this one may not resemble.
    """
    return _compose(plan, {}, tuple(avoid))


def recompose(plan: Plan, score: Score, reroll: Mapping[str, int], *, avoid: Iterable[Hook] = ()) -> Score:
    """The score again with only the named rooms rolled anew: `{"drums": 2}` is the second other way to drum.

    Rooms not named keep their chances; what leans on a rerolled room follows it (a new harmony moves the melody).
    Rooms rerolled for `score` earlier stay as they are. Raises `UnknownName` for a room outside `ROOMS`.
    """
    for room in reroll:
        if room not in ROOMS:
            raise UnknownName("room of a score", room, ROOMS)
    before = {room: int(score.facts[f"roll_{room}"]) for room in ROOMS if f"roll_{room}" in score.facts}
    return _compose(plan, {**before, **reroll}, tuple(avoid))


def _compose(plan: Plan, rolls: Mapping[str, int], avoid: tuple[Hook, ...]) -> Score:
    rerolls = {room: subseed(plan.seed, "reroll", room, roll) for room, roll in rolls.items() if roll}
    sections = sections_of(plan)
    transpositions = transpositions_of(plan)
    bar = plan.form.beats_per_bar * TICKS
    harmony = write_harmony(plan, sections, bar, transpositions, rerolls.get("harmony", plan.seed))
    sketch = Sketch(
        plan=plan,
        key=plan.key,
        beats_per_bar=plan.form.beats_per_bar,
        bar=bar,
        length=sections[-1].end,
        sections=sections,
        chords=harmony.chords,
        swing=replace(plan.genre.swing, percent=plan.swing_percent),
        seed=plan.seed,
        entries=entries_of(plan, sections, rerolls.get("form", plan.seed)),
        transpositions=transpositions,
        rerolls=rerolls,
    )
    moves = moves_of(sketch)
    windows = windows_of(moves)
    parts = [*write_drums(sketch, windows), *write_bass(sketch, windows), *write_comping(sketch, windows)]
    parts += write_pads(sketch, harmony.pads, windows)
    sketch = replace(sketch, parts=tuple(parts))
    melodies, hook = write_melodies(sketch, avoid=avoid)
    parts += [replace(part, notes=muted(part.notes, windows, part.code)) for part in melodies]
    parts += write_textures(sketch)
    whole = replace(sketch, parts=_in_order(parts))
    cues = write_cues(whole, moves)
    return Score(
        genre=plan.genre.name,
        title=plan.title,
        seed=plan.seed,
        key=plan.key.name,
        beats_per_bar=plan.form.beats_per_bar,
        tempo=tempo_of(whole),
        length=whole.length,
        sections=sections,
        chords=harmony.chords,
        parts=whole.parts,
        curves=write_curves(whole, moves),
        cues=cues,
        hook=hook,
        facts=_facts(plan, harmony.loops, rolls),
    )


def _in_order(parts: list[Part]) -> tuple[Part, ...]:
    """Parts that play, in the order of the codes; a name that is taken gets its code behind it."""
    order = "kshpbucdalvx"
    named: dict[str, Part] = {}
    for part in sorted((part for part in parts if part.notes), key=lambda part: order.index(part.code)):
        name = part.name
        while name in named:
            name = f"{name} {part.code}"
        named[name] = part if name == part.name else replace(part, name=name)
    return tuple(named.values())


def _facts(plan: Plan, loops: tuple[str, str], rolls: Mapping[str, int]) -> dict[str, str]:
    told = {"form": plan.form_name, "mood": ", ".join(plan.mood.names), "swing_percent": f"{plan.swing_percent:g}"}
    rolled = {f"roll_{room}": str(roll) for room, roll in rolls.items() if roll}
    return {**told, "loop": loops[0], "contrast": loops[1], **rolled}
