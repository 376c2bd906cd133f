"""The reserve and the bed: what sounds when there is nothing else, and how bad pieces are found in time."""

import json
from pathlib import Path

import numpy as np
import soundfile
from small_station import piece, reserve

from sonicforge.chance import choices
from sonicforge.playout.bed import Bed
from sonicforge.playout.block import BLOCK, RATE
from sonicforge.playout.item import Item
from sonicforge.playout.reserve import Reserve, Rotation, reserve_items
from sonicforge.sound.audio import Audio
from sonicforge.sound.loudness import integrated, short_term_curve


def test_pieces_are_found_beside_their_documents_in_folders_too(tmp_path: Path) -> None:
    reserve(tmp_path, "a")
    reserve(tmp_path / "deep", "b")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "deep" / "empty.json").write_text("{}")
    items = reserve_items(tmp_path)
    assert {item.id for item in items} == {"a", "b"}
    assert all(item.path.is_file() for item in items)


def test_a_check_finds_what_is_cut_silent_or_gone(tmp_path: Path) -> None:
    reserve(tmp_path, "good", "cut", "silent", "gone")
    cut = tmp_path / "cut.flac"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    soundfile.write(tmp_path / "silent.flac", np.zeros((12 * RATE, 2)), RATE)
    (tmp_path / "gone.flac").unlink()
    told: list[str] = []
    pieces = Reserve(tmp_path, tell=lambda item, _why: told.append(item.id))
    pieces.check()
    pieces.check()
    assert sorted(told) == ["cut", "gone", "silent"]
    assert [item.id for item in pieces.items()] == ["good"]


def test_a_piece_that_was_mended_is_back(tmp_path: Path) -> None:
    reserve(tmp_path, "a")
    soundfile.write(tmp_path / "a.flac", np.zeros((RATE, 2)), RATE)
    pieces = Reserve(tmp_path, tell=lambda *_: None)
    pieces.check()
    assert pieces.items() == ()
    reserve(tmp_path, "a")
    assert [item.id for item in pieces.items()] == ["a"]


def test_no_reserve_is_an_empty_one(tmp_path: Path) -> None:
    pieces = Reserve(tmp_path / "none", tell=lambda *_: None)
    pieces.check()
    assert pieces.items() == ()


def test_a_rotation_plays_all_before_any_again(tmp_path: Path) -> None:
    items = [piece(tmp_path, f"p{n}", seconds=0.1) for n in range(7)]
    rotation = Rotation(choices(1, "rotation"))
    heard: list[str] = []
    for _ in range(21):
        chosen = rotation.order(items)[0]
        rotation.heard(chosen.id)
        heard.append(chosen.id)
    for first in range(0, 21, 7):
        assert set(heard[first : first + 7]) == {item.id for item in items}


def test_a_reserve_document_may_say_anything_and_harms_nobody(tmp_path: Path) -> None:
    good = piece(tmp_path, "a").to_json()
    for number, harm in enumerate(({"duration_s": -1}, {"path": 5}, {"barlines": 3}, {"lufs": "loud"}, {"x": 1})):
        (tmp_path / f"{number}.json").write_text(json.dumps({**good, **harm}))
    assert all(isinstance(item, Item) for item in reserve_items(tmp_path))


def test_the_bed_is_soft_steady_and_never_clicks() -> None:
    bed = Bed()
    sound = np.concatenate([bed.read(BLOCK) for _ in range(400)], axis=1)
    assert -24 < integrated(Audio(sound)) < -16
    assert np.abs(sound).max() < 0.7
    assert np.abs(np.diff(sound, axis=1)).max() < 0.06
    curve = short_term_curve(Audio(sound))[60:]
    assert curve.min() > -26


def test_the_cut_of_the_bed_into_blocks_does_not_show() -> None:
    whole, parts = Bed(), Bed()
    cut = np.concatenate([parts.read(count) for count in (1, 4607, 100_000, 300_000)], axis=1)
    assert np.allclose(whole.read(404_608), cut, atol=1e-6)
