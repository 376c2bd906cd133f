"""Genre files: all load, and every planted defect is told with file, key and what would be right."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sonicforge.errors import BadDataFile, UnknownName
from sonicforge.genres.genre import Genre
from sonicforge.genres.load import DATA, load, load_file, names
from sonicforge.genres.mood import WORDS
from sonicforge.genres.schema import CODES
from sonicforge.music.scale import Key

SIXTEEN = {
    "ambient", "chiptune", "cinematic", "downtempo", "drum_and_bass", "drum_and_bass_neuro", "dubstep", "future_garage",
    "house_deep", "house_progressive", "jazz_lounge", "lofi_hiphop", "synthwave", "techno_melodic", "techno_peak",
    "trance_uplifting",
}  # fmt: skip

Raw = dict[str, Any]


@pytest.fixture(scope="module")
def lofi() -> Raw:
    raw = yaml.load((DATA / "lofi_hiphop.yaml").read_text(), Loader=yaml.CSafeLoader)
    assert isinstance(raw, dict)
    return raw


@pytest.fixture(params=sorted(SIXTEEN))
def genre(request: pytest.FixtureRequest) -> Genre:
    return load(request.param)


def test_sixteen_genres_are_built_in() -> None:
    assert set(names()) >= SIXTEEN


def test_every_genre_has_what_a_track_needs(genre: Genre) -> None:
    assert genre.title
    assert genre.markers
    assert len(genre.version) == 12
    assert genre.bpm[0] <= genre.bpm_default <= genre.bpm[1]
    assert len(genre.forms) >= 2
    assert len(genre.harmony.progressions) >= 8
    assert set(genre.cast) <= set(CODES)
    assert genre.target.balance[0] < 0


def test_every_genre_mood_word_is_understood(genre: Genre) -> None:
    assert [mood for mood in genre.moods if mood not in WORDS] == []


def test_no_two_genres_share_a_synonym() -> None:
    owners: dict[str, str] = {}
    for name in names():
        for word in load(name).synonyms:
            assert owners.setdefault(word, name) == name


def test_sections_are_whole_phrases_and_peak_lies_inside(genre: Genre) -> None:
    for form in genre.forms.values():
        assert all(section.bars % 2 == 0 for section in form.sections)
        peak = max(energy for section in form.sections for energy in section.energy)
        assert peak > max(*form.sections[0].energy, *form.sections[-1].energy)


def test_stems_of_a_full_mix_add_up_to_the_mix(genre: Genre) -> None:
    played = {layer.stem for options in genre.cast.values() for option in options for layer in option}
    power = sum(10 ** (genre.mix[stem].lu / 10) for stem in played)
    assert 0.7 < power < 1.45


def test_melody_shares_and_weights_are_shares(genre: Genre) -> None:
    assert sum(genre.melody.intervals) == pytest.approx(1.0)
    assert sum(genre.melody.operations.values()) == pytest.approx(1.0, abs=0.05)
    assert sum(genre.tonal.modes.values()) == pytest.approx(1.0)


def test_the_modes_of_a_genre_can_be_played_in_its_keys(genre: Genre) -> None:
    thirds = {Key.parse(text).minor for text in genre.tonal.keys}
    assert any(Key(0, mode).minor in thirds for mode in genre.tonal.modes)


def test_a_genre_is_loaded_once_until_its_file_changes(tmp_path: Path, lofi: Raw) -> None:
    assert load("lofi_hiphop") is load("lofi_hiphop")
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(lofi))
    before = load("mine", folder=tmp_path)
    path.write_text(yaml.safe_dump({**lofi, "title": "Mine"}))
    after = load("mine", folder=tmp_path)
    assert (before.title, after.title) == ("Lo-fi hip-hop", "Mine")
    assert before.version != after.version


def test_an_owners_file_wins_by_name_and_adds_a_genre(tmp_path: Path, lofi: Raw) -> None:
    (tmp_path / "ambient.yaml").write_text(yaml.safe_dump({**lofi, "title": "My ambient"}))
    (tmp_path / "porch_blues.yaml").write_text(yaml.safe_dump({**lofi, "title": "Porch blues"}))
    assert load("ambient", folder=tmp_path).title == "My ambient"
    assert load("ambient").title == "Ambient"
    assert load("porch_blues", folder=tmp_path).name == "porch_blues"
    assert {"porch_blues", "ambient"} <= set(names(tmp_path))
    assert "porch_blues" not in names()


def test_an_unknown_genre_lists_those_that_exist() -> None:
    with pytest.raises(UnknownName, match=r"did you mean ambient.*techno_peak"):
        load("ambiant")


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        load("../data/ambient", folder=tmp_path)


def put(*path: Any, value: Any) -> Callable[[Raw], None]:
    def change(raw: Any) -> None:
        for step in path[:-1]:
            raw = raw[step]
        raw[path[-1]] = value

    return change


def drop(*path: Any) -> Callable[[Raw], None]:
    def change(raw: Any) -> None:
        for step in path[:-1]:
            raw = raw[step]
        del raw[path[-1]]

    return change


FIRST = ("forms", "loop_tape", "sections", 0)
DEFECTS: dict[str, tuple[Callable[[Raw], None], str, str]] = {
    "unknown key": (put("temple", value=1), "temple", "is not a known key; known: title"),
    "missing key": (drop("tempo"), "tempo", "is missing"),
    "nested missing": (drop("harmony", "voicing", "low"), "harmony.voicing.low", "is missing"),
    "bpm too low": (put("tempo", "bpm", value=[7, 90]), "tempo.bpm", "is 7, but must be between 30 and 300"),
    "bpm reversed": (put("tempo", "bpm", value=[90, 70]), "tempo.bpm", "must not exceed the second"),
    "default outside": (put("tempo", "default", value=200), "tempo.default", "is 200, but must be between 70 and 90"),
    "text for number": (put("melody", "rests", value="half"), "melody.rests", "is 'half', but must be a number"),
    "flag for number": (put("melody", "rests", value=True), "melody.rests", "is True, but must be a number"),
    "number for flag": (put("drums", "humanised", value=1), "drums.humanised", "must be true or false"),
    "unknown mode": (put("tonal", "modes", value={"happy": 1.0}), "tonal.modes.happy", "known: ionian"),
    "bad key": (put("tonal", "keys", value=["H"]), "tonal.keys[0]", "there is no key 'H'"),
    "bad chord": (
        put("harmony", "progressions", 0, value="Imaj9 Xi9"), "harmony.progressions[0]", "'Xi9' is not a Roman chord",
    ),
    "voice not there": (put("cast", "c", value=["harp>keys"]), "cast.c[0]", "is 'harp', but there is no such voice"),
    "stem not there": (put("cast", "c", value=["keys_ep>harp"]), "cast.c[0]", "is 'harp', but there is no such stem"),
    "unknown part code": (put("cast", "z", value=["kick>kick"]), "cast.z", "known: k, s, h"),
    "no fx stem": (drop("mix", "fx"), "mix", "is 'fx', but there is no such stem"),
    "uneven grid": (
        put("drums", "patterns", "boombap_a", "rows", "h", value="6.4.|6.4."), "drums.patterns.boombap_a.rows", "",
    ),
    "uneven rows": (
        put("drums", "patterns", "boombap_a", "rows", "h", value="6.4.|" * 8), "drums.patterns.boombap_a.rows",
        "have different lengths: h 32, k 16, s 16",
    ),
    "grid sign": (put("drums", "fills", "f1", "rows", "k", value="9..X" * 4), "drums.fills.f1.rows.k", "'X'"),
    "row without piece": (
        put("drums", "patterns", "boombap_a", "rows", "q", value="9..." * 4), "drums.patterns.boombap_a.rows.q",
        "known: h, k, o, r, s, sh",
    ),
    "piece without voice": (put("drums", "pieces", "k", value="gong"), "drums.pieces.k", "no such voice in kit"),
    "bass token": (put("bass", "patterns", "p1", value="0.Q.6.100"), "bass.patterns.p1", "'0.Q.6.100'"),
    "chord rhythm": (put("chords", "patterns", 0, value="0.99"), "chords.patterns[0]", "'0.99'"),
    "weights": (put("melody", "degrees_strong", value=[1, 2]), "melody.degrees_strong", "a list of 7 values"),
    "operation": (put("melody", "operations", value={"twist": 1}), "melody.operations.twist", "known: rep"),
    "section parts": (put(*FIRST, "parts", value="k q"), "forms.loop_tape.sections[0].parts", "must look like"),
    "part not in cast": (put(*FIRST, "parts", value="k u"), "forms.loop_tape.sections[0].parts", "part code in cast"),
    "section energy": (put(*FIRST, "energy", value=1.5), "forms.loop_tape.sections[0].energy", "between 0 and 1"),
    "automation": (put(*FIRST, "do", value=["louder c"]), "forms.loop_tape.sections[0].do", "is 'louder c'"),
    "pattern name": (put(*FIRST, "pattern", value="polka"), "forms.loop_tape.sections[0].pattern", "boombap_a"),
    "bass name": (put(*FIRST, "do", value=["bass polka"]), "forms.loop_tape.sections[0].do", "p1, p2, p3, p4"),
    "transition": (put(*FIRST, "out", value=["BOOM(2)"]), "forms.loop_tape.sections[0].out", "is 'BOOM(2)'"),
    "loop": (put(*FIRST, "loop", value="C"), "forms.loop_tape.sections[0].loop", "one of A, B"),
    "patch key": (put("patches", "bass", "wave", value="saw"), "patches.bass.wave", "is not a key of a patch"),
    "patch range": (put("patches", "bass", "drv", value=99), "patches.bass.drv", "is 99, but must be between"),
    "kit key": (put("kit", "kick", "loud", value=1), "kit.kick.loud", "is not a key of a drum voice"),
    "reverb": (put("mix", "keys", "reverb", value=["CAVE", -9]), "mix.keys.reverb[0]", "ROOM, DRUMROOM"),
    "pan": (put("mix", "keys", "pan", value=140), "mix.keys.pan", "is 140, but must be between -100 and 100"),
    "eq": (put("mix", "keys", "eq", value=[[2]]), "mix.keys.eq[0]", "a list of 2 to 3 values"),
    "target": (put("target", "lufs", value=3), "target.lufs", "is 3, but must be between -40 and -5"),
    "balance": (put("target", "balance", value=[0] * 9), "target.balance", "a list of 10 values"),
    "ghost row": (put("drums", "ghosts", 0, "row", value="zz"), "drums.ghosts[0].row", "row in drums.pieces"),
    "no forms": (put("forms", value={}), "forms", "has 0 entries, but must have at least 1"),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_told_with_file_key_and_remedy(defect: str, tmp_path: Path, lofi: Raw) -> None:
    change, key, problem = DEFECTS[defect]
    raw = copy.deepcopy(lofi)
    change(raw)
    path = tmp_path / "broken.yaml"
    path.write_text(yaml.safe_dump(raw))
    with pytest.raises(BadDataFile) as caught:
        load_file(path)
    assert str(path) in str(caught.value)
    assert caught.value.key.startswith(key)
    assert problem in caught.value.problem


@pytest.mark.parametrize("text", ["", "- a\n- b", "just words", "a: [", "\x00", "title: !!python/object:os.system x"])
def test_a_file_that_is_no_genre_at_all_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(BadDataFile, match=r"odd\.yaml"):
        load_file(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadDataFile, match="cannot be read"):
        load_file(tmp_path / "none.yaml")
