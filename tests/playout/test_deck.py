"""Decks play a file from any second in any pieces, and know an end or a break before they reach it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from small_station import piece, tone

from sonicforge.chance import choices
from sonicforge.errors import UnreadableAudio
from sonicforge.playout.block import RATE
from sonicforge.playout.deck import HORIZON, Deck


@pytest.mark.parametrize("at_s", [0.0, 0.5, 3.21, 11.0])
def test_a_file_is_entered_to_the_sample(tmp_path: Path, at_s: float) -> None:
    item = piece(tmp_path, "p", hertz=331.0)
    start = round(at_s * RATE)
    heard = Deck(item, at_s).take(20 * RATE)
    assert np.abs(heard - tone(331.0, 12)[:, start:]).max() < 1e-6


def test_the_cut_into_reads_does_not_show(tmp_path: Path) -> None:
    item = piece(tmp_path, "p", rate=44_100)
    whole = Deck(item).take(20 * RATE)
    deck, chance = Deck(item), choices(5, "reads")
    parts = []
    while (part := deck.read(chance.choice([1, 7, 960, 4608, 100_000]))).shape[1]:
        parts.append(part)
        assert deck.place == sum(piece.shape[1] for piece in parts)
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    assert whole.shape[1] == pytest.approx(12 * RATE, abs=2)


@pytest.mark.parametrize("ending", ["flac", "wav", "ogg", "mp3", "m4a"])
def test_every_format_is_entered_in_its_middle(tmp_path: Path, ending: str) -> None:
    from sonicforge.sound.audio import Audio
    from sonicforge.sound.files import write

    item = piece(tmp_path, "p")
    path = tmp_path / f"sound.{ending}"
    write(path, Audio(tone(220.0, 12).astype(np.float32)))
    from dataclasses import replace

    heard = Deck(replace(item, path=path), 4.0).take(RATE)
    expected = tone(220.0, 12)[:, 4 * RATE : 5 * RATE]
    assert heard.shape == expected.shape
    assert np.abs(heard - expected).max() < 0.02


def test_the_end_is_known_in_time(tmp_path: Path) -> None:
    deck = Deck(piece(tmp_path, "p"))
    seen: list[int] = []
    while deck.read(4608).shape[1]:
        if deck.remaining is not None:
            seen.append(deck.remaining)
    assert seen[0] >= HORIZON - 65_536
    assert seen[-1] == 0
    assert seen == sorted(seen, reverse=True)


def test_a_cut_file_says_why_before_its_last_sound(tmp_path: Path) -> None:
    item = piece(tmp_path, "p")
    item.path.write_bytes(item.path.read_bytes()[: item.path.stat().st_size // 2])
    deck = Deck(item)
    while not deck.fault:
        assert deck.read(4608).shape[1]
    assert deck.remaining is not None
    assert deck.remaining > RATE


def test_mono_sounds_on_both_sides(tmp_path: Path) -> None:
    item = piece(tmp_path, "p")
    soundfile.write(item.path, tone(220, 3)[0], RATE, subtype="PCM_24")
    heard = Deck(item).take(RATE)
    assert heard.shape == (2, RATE)
    assert np.array_equal(heard[0], heard[1])


@pytest.mark.parametrize("at_s", [12.0, 13.0, 1e6])
def test_nothing_is_played_from_behind_the_end(tmp_path: Path, at_s: float) -> None:
    with pytest.raises(UnreadableAudio):
        Deck(piece(tmp_path, "p"), at_s)
