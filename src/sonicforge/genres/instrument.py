"""Instruments by the words people use: which part codes or which voices of a genre they mean."""

from dataclasses import dataclass

from sonicforge.errors import UnknownName
from sonicforge.genres.genre import Genre, Layer


@dataclass(frozen=True, slots=True)
class Instrument:
    """`codes` are whole part codes; `voices` are fragments of voice names; `words` what else people call it."""

    codes: str = ""
    voices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


INSTRUMENTS: dict[str, Instrument] = {
    "drums": Instrument("kshp", (), ("drum", "beat", "beats", "rhythm", "drum kit", "drumkit")),
    "kick": Instrument("k", (), ("kick drum", "bass drum", "kicks", "four on the floor")),
    "snare": Instrument("s", (), ("snares", "clap", "claps", "snare drum", "handclaps")),
    "hats": Instrument(
        "h", (),
        ("hat", "hi-hat", "hi-hats", "hihat", "hihats", "hi hats", "hi hat", "cymbals", "cymbal"),
    ),
    "percussion": Instrument("p", (), ("perc", "congas", "bongos", "shaker", "shakers", "hand percussion")),
    "bass": Instrument("bu", (), ("bassline", "bass line", "basslines")),
    "sub": Instrument("u", (), ("sub bass", "subbass", "sub-bass")),
    "chords": Instrument("c", (), ("chord", "stabs", "stab", "harmony")),
    "pads": Instrument("d", (), ("pad", "synth pad", "synth pads")),
    "arp": Instrument("a", (), ("arpeggio", "arpeggios", "arps", "sequence")),
    "melody": Instrument("lv", (), ("lead", "leads", "melodies", "hook", "solo", "solos", "topline", "tune")),
    "texture": Instrument(
        "x", (),
        ("textures", "atmosphere", "noise", "vinyl", "crackle", "vinyl crackle", "rain sounds"),
    ),
    "vocals": Instrument(
        "", ("chop", "choir"),
        ("vocal", "voice", "voices", "singing", "vocal chops", "singer", "lyrics"),
    ),
    "choir": Instrument("", ("choir",), ("choirs",)),
    "piano": Instrument("", ("piano", "lead_keys"), ("pianos", "grand piano", "felt piano", "upright piano")),
    "electric piano": Instrument(
        "", ("ep", "keys_ep", "ep_lead"),
        ("e-piano", "rhodes", "keys", "wurlitzer", "keyboard"),
    ),
    "organ": Instrument("", ("organ",), ("organs", "hammond")),
    "guitar": Instrument("", ("guitar", "nylon"), ("guitars", "acoustic guitar", "nylon guitar", "jazz guitar")),
    "strings": Instrument(
        "", ("violin", "celli", "strings", "vln", "pizz"),
        ("string", "violins", "cello", "cellos", "orchestra"),
    ),
    "violin": Instrument("", ("violin", "vln"), ("solo violin", "fiddle")),
    "flute": Instrument("", ("flute",), ("flutes",)),
    "bells": Instrument("", ("bell", "vibes", "mallet"), ("bell", "mallets", "glockenspiel", "marimba")),
    "vibraphone": Instrument("", ("vibes",), ("vibes",)),
    "brass": Instrument("", ("brass",), ("trumpet", "trumpets", "horns")),
    "double bass": Instrument("", ("double_bass",), ("upright bass", "contrabass")),
    "acid": Instrument("", ("acid",), ("303", "acid line")),
    "supersaw": Instrument("", ("supersaw",), ("supersaws",)),
    "pluck": Instrument("", ("pluck",), ("plucks",)),
    "drone": Instrument("", ("drone",), ("drones",)),
}  # fmt: skip

WORDS: dict[str, str] = {
    **{word: name for name, instrument in INSTRUMENTS.items() for word in instrument.words},
    **{name: name for name in INSTRUMENTS},
}
"""Every instrument word -> the name in `INSTRUMENTS`."""

EXACT = frozenset({"ep"})
"""Fragments too short to look for inside other names."""


def instrument_name(word: str) -> str:
    """The instrument behind a word; raises `UnknownName` with those there are."""
    plain = " ".join(word.lower().replace("_", " ").split())
    if plain not in WORDS:
        raise UnknownName("instrument", word, INSTRUMENTS)
    return WORDS[plain]


def plays(layer: Layer, name: str) -> bool:
    """Whether a layer's voice is this instrument."""
    return any(layer.voice == part if part in EXACT else part in layer.voice for part in INSTRUMENTS[name].voices)


def codes_of(genre: Genre, name: str) -> tuple[str, ...]:
    """The part codes of a genre that are this instrument or can be played by it."""
    codes = INSTRUMENTS[name].codes
    return tuple(
        code
        for code, options in genre.cast.items()
        if code in codes or any(plays(layer, name) for option in options for layer in option)
    )
