"""Plain words become wishes; odd words never raise; what gives way is said."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.genres import instrument, mood, scene
from sonicforge.genres.interpret import interpret
from sonicforge.genres.load import DATA, load, names
from sonicforge.genres.synonym import genre_words

HEARD: list[tuple[str, dict[str, Any]]] = [
    ("rainy lofi for studying", {"genre": "lofi_hiphop", "mood": ["rainy", "focused"]}),
    ("dark techno at 134 bpm, five minutes", {"genre": "techno_peak", "mood": ["dark"], "bpm": 134, "length_s": 300}),
    ("melodic techno in F minor", {"genre": "techno_melodic", "key": "F minor"}),
    ("sad piano music without drums", {"mood": ["melancholic"], "instruments": ["piano"], "without": ["drums"]}),
    ("drum & bass 174", {"genre": "drum_and_bass", "bpm": 174}),
    ("drum and bass without drums", {"genre": "drum_and_bass", "without": ["drums"]}),
    ("dnb, no bass", {"genre": "drum_and_bass", "without": ["bass"]}),
    ("upbeat chiptune, 2:30", {"genre": "chiptune", "mood": ["energetic"], "length_s": 150}),
    ("jazz in Bb with flute, no piano",
     {"genre": "jazz_lounge", "key": "Bb major", "instruments": ["flute"], "without": ["piano"]}),
    ("instrumental house in Dm 90 seconds",
     {"genre": "house_deep", "key": "D minor", "length_s": 90, "without": ["vocals"]}),
    ("f sharp minor synthwave at 104", {"genre": "synthwave", "key": "F# minor", "bpm": 104}),
    ("with piano, strings and more bass", {"instruments": ["piano", "strings", "bass"]}),
    ("no drums, no hats", {"without": ["drums", "hats"]}),
    ("without drums and bass", {"without": ["drums", "bass"]}),
    ("featuring electric piano and guitar", {"instruments": ["electric piano", "guitar"]}),
    ("not too dark deep house, low energy", {"genre": "house_deep", "energy": 0.2}),
    ("80s retro with energy 80%", {"genre": "synthwave", "mood": ["nostalgic"], "energy": 0.8}),
    ("a minor ambient", {"genre": "ambient", "key": "A minor"}),
    ("in c sharp dorian", {"key": "C# dorian"}),
    ("key of G minor", {"key": "G minor"}),
    ("Eb major", {"key": "Eb major"}),
    ("3 min 20 sec", {"length_s": 200}),
    ("two and a half minutes", {"length_s": 150}),
    ("a minute and a half", {"length_s": 90}),
    ("half an hour of calm", {"mood": ["calm"], "length_s": 1800}),
    ("90 s", {"length_s": 90}),
    ("3m", {"length_s": 180}),
    ("bpm: 138", {"bpm": 138}),
    ("tempo 96", {"bpm": 96}),
    ("78 beats per minute", {"bpm": 78}),
    ("140", {"bpm": 140}),
    ("I am sad", {"mood": ["melancholic"]}),
    ("winter is coming", {"mood": ["cold"]}),
    ("something for a night drive", {"genre": "synthwave", "mood": ["nocturnal"]}),
    ("sunset on the terrace", {"mood": ["warm"]}),
    ("dance in the club", {"mood": ["energetic"]}),
    ("chill lofi", {"genre": "lofi_hiphop", "mood": ["calm"]}),
    ("high energy", {"energy": 0.85}),
    ("play something", {}),
    ("", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), HEARD, ids=[text for text, _ in HEARD])
def test_words_are_understood(text: str, wanted: dict[str, Any]) -> None:
    told = interpret(text, seed=3).concept.to_json()
    chosen = {"text", "seed"} if "genre" in wanted else {"text", "seed", "genre"}
    assert {name: value for name, value in told.items() if name not in chosen} == wanted


@pytest.mark.parametrize("name", sorted(scene.WORDS))
def test_every_scene_word_calls_for_its_mood(name: str) -> None:
    wanted = scene.SCENES[scene.WORDS[name]]
    heard = interpret(f"music for {name}", seed=1).concept
    if name not in instrument.WORDS and name not in mood.WORDS and name not in genre_words():
        assert set(wanted.moods) <= set(heard.mood) or heard.genre is not None


@pytest.mark.parametrize("word", sorted(mood.WORDS))
def test_every_mood_word_is_heard_alone(word: str) -> None:
    if word not in genre_words():
        assert mood.WORDS[word] in interpret(word).concept.mood


def test_every_synonym_names_its_genre() -> None:
    for name in names():
        for word in (name, load(name).title, *load(name).synonyms):
            assert interpret(f"some {word} please").concept.genre == name, word


def test_the_same_words_and_seed_give_the_same_concept() -> None:
    assert interpret("chill for the cafe", seed=9) == interpret("chill for the cafe", seed=9)
    genres = {interpret("music for the club", seed=seed).concept.genre for seed in range(20)}
    assert len(genres) > 1


GIVES_WAY = {
    "fast and 60 bpm": "kept 60 bpm",
    "lofi and trance": "one track has one genre",
    "sleepy techno at 200 bpm": "200 is taken as 142",
    "lofi at 160 bpm": "the same pulse counted at 80",
    "5 bpm": "is not between 30 and 300",
    "an hour of ambient": "10 seconds to 30 minutes",
    "with piano but without piano": "cannot be both featured and left out",
}


@pytest.mark.parametrize("text", GIVES_WAY)
def test_wishes_that_exclude_each_other_become_a_stated_compromise(text: str) -> None:
    heard = interpret(text)
    assert any(GIVES_WAY[text] in line for line in heard.compromises)
    assert set(heard.compromises) <= set(heard.understood)


def test_slow_and_fast_choose_a_tempo_inside_the_genre() -> None:
    slow, fast = interpret("slow lofi").concept.bpm, interpret("fast lofi").concept.bpm
    low, high = load("lofi_hiphop").bpm
    assert slow is not None
    assert fast is not None
    assert low <= slow < fast <= high


def test_nothing_understood_is_said() -> None:
    assert "the seed chooses everything" in interpret("qwertz").understood[0]
    assert interpret("").understood == ()


def test_an_owners_genre_is_heard_by_its_synonyms(tmp_path: Path) -> None:
    raw = yaml.load((DATA / "lofi_hiphop.yaml").read_text(), Loader=yaml.CSafeLoader)
    raw |= {"title": "Porch blues", "synonyms": ["porch music"]}
    (tmp_path / "porch_blues.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))
    assert interpret("slow porch music", folder=tmp_path).concept.genre == "porch_blues"


WORDS = sorted({*mood.WORDS, *instrument.WORDS, *scene.WORDS, *genre_words()})
SCRAPS = [
    "at", "bpm", "in", "key of", "without", "no", "with", "not", "and", ",", "minutes", "a", "half", "%", "energy", "3",
    "0", "999", "2:30", "-1", "1e9", "F#", "b", "minor", "major", "fast", "slow", "hour", "İ", "\x00", "ß", "½",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS) | st.sampled_from(SCRAPS), max_size=12).map(" ".join), st.integers(0, 2**63 - 1))
def test_any_mixture_of_known_words_is_a_valid_concept(text: str, seed: int) -> None:
    heard = interpret(text, seed=seed)
    assert heard.concept.validated() == heard.concept
    assert heard.concept.text == text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    interpret(text)


def test_a_very_long_text_is_read_quickly_enough_to_finish() -> None:
    interpret("rain and piano without drums " * 5000)


def test_a_broken_genre_file_does_not_stop_the_reading_of_words(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: [")
    assert interpret("slow ambient", folder=tmp_path).concept.genre == "ambient"
