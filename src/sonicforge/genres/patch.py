"""Patches: one entry of a genre file's `patches` read into its typed form.

The grammar and the meaning of each key stand in `docs/genre-files.md`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sonicforge.genres.place import Place
from sonicforge.genres.timbre import (
    BEDS,
    FILTERS,
    LFO_TARGETS,
    VOWELS,
    WAVES,
    Chorus,
    Click,
    Envelope,
    Filter,
    Fm,
    Grains,
    Insert,
    Lfo,
    Modulator,
    Oscillator,
    Partial,
    Patch,
    Piano,
    Post,
    Resonance,
    Steps,
    String,
    Unison,
    Vowels,
)

HERTZ = (0.0, 22_000.0)
MS = (0.0, 60_000.0)
DECIBEL = (-90.0, 36.0)
UNIT = (0.0, 1.0)
RATIO = (0.05, 40.0)

SOURCE_KEYS = (
    "osc",
    "uni",
    "mix",
    "fm",
    "ks",
    "add",
    "model",
    "felt",
    "hammer_hz",
    "brightness_db",
    "grains",
    "texture",
)
SHAPE_KEYS = ("flt", "fe", "ae", "lfo", "gl", "vowels", "vowel_rate", "vowel_glide_ms", "clk", "steps")
EFFECT_KEYS = ("drv", "drv_after", "hp", "lp", "body", "chain", "fx", "post")
KEYS = frozenset((*SOURCE_KEYS, *SHAPE_KEYS, *EFFECT_KEYS))
POST_KEYS = frozenset(("tape", "bit", "hp", "lp", "drv"))
INSERTS = {"notch": 2, "drive": 1, "lowpass": 1, "highpass": 1, "upward": 1, "width": 1}
UNISON_SPANS = ((1.0, 16.0), (0.0, 100.0), UNIT)
FILTER_SPANS = (HERTZ, UNIT, (-8.0, 8.0), (0.0, 1.2))
ENVELOPE_SPANS = (MS, MS, UNIT, MS)
BODY_SPANS = ((20.0, 20_000.0), (0.1, 50.0), (-24.0, 24.0))

_OSCILLATOR = re.compile(r"(wt:\w+|pul[\d.]+|[a-z]+)@(-?[\d.]+)([+-][\d.]+)?(?:\*([\d.]+))?")
_LFO = re.compile(r"(\w+) +(\S+) +(-?[\d.]+)(%?)((?: +\w[\w.]*)*)")
_NOTE_VALUE = re.compile(r"(\d+)/(\d+)([.t]?)|(\d*\.?\d+)bar")


def parse_patch(name: str, mapping: Mapping[str, Any]) -> Patch:
    """The patch `name` of a genre. Raises ValueError(key, problem) naming key, value and the range it missed."""
    if not isinstance(mapping, Mapping):
        raise ValueError(name, f"is {mapping!r}, but must be a mapping")
    for key in mapping:
        if key not in KEYS:
            raise ValueError(f"{name}.{key}", f"is not a key of a patch; known: {', '.join(sorted(KEYS))}")
    at = Place(name, mapping)
    string, body = _string(at)
    chorus, phaser = _effects(at)
    patch = Patch(
        name=name,
        oscillators=tuple(_oscillator(at, text) for text in at.texts("osc")),
        unison=_unison(at),
        mix=at.number("mix", UNIT, 0.6),
        fm=_fm(at),
        string=string,
        partials=tuple(Partial(*row) for row in at.rows("add", (RATIO, DECIBEL, MS))),
        piano=_piano(at),
        grains=_grains(at),
        texture=_texture(at),
        filter=_filter(at),
        filter_envelope=_envelope(at, "fe"),
        amp_envelope=_envelope(at, "ae"),
        lfos=tuple(_lfo(at, text) for text in at.texts("lfo")),
        glide_ms=at.number("gl", MS, 0.0),
        drive_db=at.number("drv", DECIBEL, 0.0),
        drive_after_db=at.number("drv_after", DECIBEL, 0.0),
        highpass_hz=at.number("hp", HERTZ, 0.0),
        lowpass_hz=at.number("lp", HERTZ, 0.0),
        body=body + tuple(Resonance(*row) for row in at.rows("body", BODY_SPANS)),
        vowels=_vowels(at),
        click=_click(at),
        steps=_steps(at),
        chain=_chain(at),
        chorus=chorus,
        phaser_db=phaser,
        post=_post(at),
    )
    if not _sounds(patch):
        raise ValueError(name, "has no source; give it at least one of osc fm ks add model grains texture")
    if patch.filter and patch.filter.kind == "fmt" and patch.vowels is None:
        raise ValueError(f"{name}.vowels", "is missing; a formant filter needs a path of vowels")
    return patch


def _sounds(patch: Patch) -> bool:
    return any((patch.oscillators, patch.fm, patch.string, patch.partials, patch.piano, patch.grains, patch.texture))


def _oscillator(at: Place, text: str) -> Oscillator:
    match = _OSCILLATOR.fullmatch(text)
    if not match:
        raise at.fail("osc", f"is {text!r}, but must look like saw@0+7*.8 (wave@semitones+-cents*level)")
    wave, semitones, cents, level = match.groups()
    width = 0.5
    if wave.startswith("pul"):
        width = at.checked("osc", float(wave[3:]) / 100, (0.02, 0.98))
        wave = "pul"
    if wave not in WAVES and not wave.startswith("wt:"):
        raise at.fail("osc", f"is the wave {wave!r}, but must be one of {', '.join(WAVES)} or wt:name")
    pitch = at.checked("osc", float(semitones), (-60.0, 60.0))
    return Oscillator(wave, pitch, float(cents or 0), at.checked("osc", float(level or 1), (0.0, 4.0)), width)


def _unison(at: Place) -> Unison:
    if "uni" not in at.mapping:
        return Unison()
    voices, cents, spread = at.fitted("uni", at.mapping["uni"], UNISON_SPANS)
    return Unison(int(voices), cents, spread)


def _fm(at: Place) -> Fm | None:
    if "fm" not in at.mapping:
        return None
    fm = at.child("fm")
    ratio, level = fm.fitted("car", fm.mapping.get("car"), (RATIO, (0.0, 4.0)))
    rows = fm.rows("mod", (RATIO, (0.0, 40.0), MS, UNIT))
    return Fm(ratio, level, tuple(Modulator(*row) for row in rows))


def _string(at: Place) -> tuple[String | None, tuple[Resonance, ...]]:
    if "ks" not in at.mapping:
        return None, ()
    ks = at.child("ks")
    body = tuple(Resonance(*row) for row in ks.rows("body", BODY_SPANS))
    string = String(ks.number("t60", (20.0, 60_000.0)), ks.number("bright", UNIT), ks.number("pick", UNIT))
    return string, body


def _piano(at: Place) -> Piano | None:
    if "model" not in at.mapping:
        return None
    if at.mapping["model"] != "piano":
        raise at.fail("model", f"is {at.mapping['model']!r}, but must be piano")
    felt = at.mapping.get("felt", False)
    if not isinstance(felt, bool):
        raise at.fail("felt", f"is {felt!r}, but must be true or false")
    hammer = at.number("hammer_hz", (200.0, 20_000.0), 1200.0 if felt else 2930.0)
    return Piano(felt, hammer, at.number("brightness_db", (-24.0, 24.0), 0.0))


def _grains(at: Place) -> Grains | None:
    if "grains" not in at.mapping:
        return None
    grains = at.child("grains")
    if not isinstance(grains.mapping.get("of"), str):
        raise grains.fail("of", f"is {grains.mapping.get('of')!r}, but must be the name of a patch")
    low, high = grains.fitted("size_ms", grains.mapping.get("size_ms", [80, 160]), ((5.0, 2000.0), (5.0, 2000.0)))
    return Grains(
        of=grains.mapping["of"],
        buffer_s=grains.number("buffer_s", (0.2, 10.0), 2.0),
        size_ms=(low, max(low, high)),
        per_s=grains.number("per_s", (0.5, 100.0), 12.0),
        pitches=grains.numbers("pitches", (-36.0, 36.0)) or (0.0,),
        jitter_ms=grains.number("jitter_ms", MS, 300.0),
    )


def _texture(at: Place) -> tuple[Mapping[str, Any], ...]:
    layers = at.mapping.get("texture", ())
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise at.fail("texture", f"is {layers!r}, but must be a list of layers")
    for layer in layers:
        if not isinstance(layer, Mapping) or layer.get("bed") not in BEDS:
            raise at.fail("texture", f"has the layer {layer!r}, but each needs a bed of {', '.join(BEDS)}")
    return tuple(layers)


def _filter(at: Place) -> Filter | None:
    row = at.mapping.get("flt")
    if row is None:
        return None
    if not isinstance(row, Sequence) or len(row) != 5 or row[0] not in FILTERS:
        raise at.fail("flt", f"is {row!r}, but must be [{' | '.join(FILTERS)}, Hz, resonance, octaves, tracking]")
    return Filter(row[0], *at.fitted("flt", row[1:], FILTER_SPANS))


def _envelope(at: Place, key: str) -> Envelope | None:
    row = at.mapping.get(key)
    return None if row is None else Envelope(*at.fitted(key, row, ENVELOPE_SPANS))


def _rate(at: Place, key: str, text: str) -> tuple[float, float]:
    """(hertz, beats): exactly one is positive, or both 0 for `seq`."""
    if text == "seq":
        return 0.0, 0.0
    match = _NOTE_VALUE.fullmatch(text)
    if match:
        top, bottom, suffix, bars = match.groups()
        if bars:
            return 0.0, 4.0 * float(bars)
        return 0.0, 4.0 * int(top) / int(bottom) * {"": 1.0, ".": 1.5, "t": 2 / 3}[suffix]
    try:
        hz = float(text)
    except ValueError:
        raise at.fail(key, f"has the rate {text!r}, but must be in Hz, a note value (1/8 1/4. 2bar) or seq") from None
    return at.checked(key, hz, (0.001, 100.0)), 0.0


def _lfo(at: Place, text: str) -> Lfo:
    match = _LFO.fullmatch(text.strip())
    if not match or match.group(1) not in LFO_TARGETS:
        raise at.fail("lfo", f"is {text!r}, but must be 'target rate depth' with a target of {', '.join(LFO_TARGETS)}")
    target, rate, depth, percent, rest = match.groups()
    hz, beats = _rate(at, "lfo", rate)
    options = dict(_lfo_option(at, word) for word in rest.split())
    return Lfo(target, hz, beats, float(depth) / (100.0 if percent else 1.0), **options)


def _lfo_option(at: Place, word: str) -> tuple[str, Any]:
    if word == "retrig":
        return "retrigger", True
    if word == "partials":
        return "partials", True
    for prefix, name in (("delay", "delay_ms"), ("ramp", "ramp_ms"), ("step", "step_hz")):
        if re.fullmatch(prefix + r"[\d.]+", word):
            return name, at.checked("lfo", float(word[len(prefix) :]), MS)
    raise at.fail("lfo", f"has the word {word!r}, but must be delay<ms>, ramp<ms>, step<Hz>, retrig or partials")


def _vowels(at: Place) -> Vowels | None:
    path = at.texts("vowels")
    if not path:
        return None
    for vowel in path:
        if vowel not in VOWELS:
            raise at.fail("vowels", f"has {vowel!r}, but must be among {', '.join(VOWELS)}")
    rate = str(at.mapping.get("vowel_rate", "note"))
    hz, beats = (0.0, 0.0) if rate == "note" else _rate(at, "vowel_rate", rate)
    kind = rate if rate in ("note", "seq") else "cycle"
    return Vowels(path, kind, hz, beats, at.number("vowel_glide_ms", MS, 60.0))


def _click(at: Place) -> Click | None:
    row = at.mapping.get("clk")
    if row is None:
        return None
    if not isinstance(row, Sequence) or len(row) != 4 or row[0] not in ("bp", "hp", "lp"):
        raise at.fail("clk", f"is {row!r}, but must be [bp | hp | lp, Hz, tau ms, dB]")
    return Click(row[0], *at.fitted("clk", row[1:], (HERTZ, (0.2, 1000.0), DECIBEL)))


def _steps(at: Place) -> Steps | None:
    if "steps" not in at.mapping:
        return None
    steps = at.child("steps")
    return Steps(
        hz=steps.number("hz", (10.0, 1000.0), 60.0),
        volume=tuple(int(value) for value in steps.numbers("volume", (0, 15))) or (15,),
        duty=tuple(value / 100 for value in steps.numbers("duty", (2, 98))),
        release=tuple(int(value) for value in steps.numbers("release", (0, 15))),
        levels=int(steps.number("levels", (0, 256), 0)),
    )


def _chain(at: Place) -> tuple[Insert, ...]:
    inserts = []
    for position, item in enumerate(at.mapping.get("chain", ())):
        place = f"chain.{position}"
        kinds = [key for key in item if key in INSERTS] if isinstance(item, Mapping) else []
        if len(kinds) != 1 or any(key not in (*kinds, "rate", "mix") for key in item):
            raise at.fail(place, f"is {item!r}, but must be one of {', '.join(INSERTS)} with rate and mix")
        one, kind = Place(f"{at.path}.{place}", item), kinds[0]
        value = item[kind] if isinstance(item[kind], Sequence) else [item[kind]]
        values = one.fitted(kind, value, ((-90.0, 22_000.0),) * INSERTS[kind])
        inserts.append(Insert(kind, values, one.number("rate", (0.0, 20.0), 0.3), one.number("mix", UNIT, 1.0)))
    return tuple(inserts)


def _effects(at: Place) -> tuple[Chorus | None, float | None]:
    if "fx" not in at.mapping:
        return None, None
    fx = at.child("fx")
    for key in fx.mapping:
        if key not in ("ch", "ph"):
            raise fx.fail(key, "is not an insert effect; known: ch, ph (sends and side-chain belong to the mix)")
    chorus = _chorus(fx) if "ch" in fx.mapping else None
    return chorus, fx.number("ph", DECIBEL) if "ph" in fx.mapping else None


def _chorus(fx: Place) -> Chorus:
    value = fx.mapping["ch"]
    rich = isinstance(value, str) and value.startswith("JCHOR ")
    if rich:
        try:
            value = float(value.removeprefix("JCHOR "))
        except ValueError:
            raise fx.fail("ch", f"is {value!r}, but must be dB or 'JCHOR dB'") from None
    return Chorus(fx.checked("ch", value, DECIBEL), rich)


def _post(at: Place) -> Post:
    if "post" not in at.mapping:
        return Post()
    post = at.child("post")
    for key in post.mapping:
        if key not in POST_KEYS:
            raise post.fail(key, f"is not a key of post; known: {', '.join(sorted(POST_KEYS))}")
    tape = post.mapping.get("tape", False)
    if not isinstance(tape, bool):
        raise post.fail("tape", f"is {tape!r}, but must be true or false")
    return Post(
        tape=tape,
        bits=int(post.number("bit", (0, 24), 0)),
        highpass_hz=post.number("hp", HERTZ, 0.0),
        lowpass_hz=post.number("lp", HERTZ, 0.0),
        drive_db=post.number("drv", DECIBEL, 0.0),
    )
