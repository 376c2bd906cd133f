"""Stream encoders give whole frames: a listener may join anywhere, and nothing is lost at either end."""

from io import BytesIO

import av
import numpy as np
import pytest
from on_air import block

from sonicforge.errors import OutOfRange, UnknownName
from sonicforge.playout.block import BLOCK
from sonicforge.playout.outputs.encoder import CODINGS, Muxed, checked_coding, encoder
from sonicforge.playout.outputs.lame import system_lame
from sonicforge.playout.probe import decoded


def stream(coding: str, blocks: int) -> tuple[bytes, list[bytes], bytes]:
    coder = encoder(coding, comments={"title": 'Rain "on"\nTin 🎵'})
    return coder.head, [coder.encode(block(number).samples) for number in range(blocks)], coder.finish()


@pytest.mark.parametrize("coding", CODINGS)
def test_the_sound_comes_back(coding: str) -> None:
    head, parts, end = stream(coding, 40)
    sound = decoded(CODINGS[coding].container, head + b"".join(parts) + end)
    original = np.concatenate([block(number).samples for number in range(40)], axis=1)
    assert abs(sound.shape[1] - original.shape[1]) < 3 * BLOCK
    # LAME itself takes a quarter of a decibel away at this rate, against clipping.
    whole_swells = slice(20_000, 20_000 + 4 * 30_720)
    assert sound[:, whole_swells].std() == pytest.approx(original[:, whole_swells].std(), rel=0.04)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_listener_may_join_between_any_two_parts(coding: str) -> None:
    head, parts, _ = stream(coding, 60)
    for join in range(20, 40, 3):
        sound = decoded(CODINGS[coding].container, head + b"".join(parts[join:]))
        assert sound.shape[1] > 15 * BLOCK
        assert 0.05 < sound[:, BLOCK : 10 * BLOCK].std() < 0.3


@pytest.mark.parametrize("coding", ["opus", "oggflac"])
def test_pages_begin_where_parts_begin(coding: str) -> None:
    head, parts, _ = stream(coding, 40)
    assert all(part.startswith(b"OggS") for part in [head, *parts] if part)


@pytest.mark.parametrize("coding", ["mp3", "aac"])
def test_frames_begin_where_parts_begin(coding: str) -> None:
    _, parts, _ = stream(coding, 40)
    assert all(part[0] == 0xFF and part[1] & 0xE0 == 0xE0 for part in parts if part)


def test_a_chain_of_opus_streams_has_exactly_the_sound_that_went_in() -> None:
    chain, lengths = b"", (17, 23, 31)
    number = 0
    for length in lengths:
        coder = encoder("opus", comments={"title": f"Piece {length}"})
        chain += coder.head
        for _ in range(length):
            chain += coder.encode(block(number).samples)
            number += 1
        chain += coder.finish()
    with av.open(BytesIO(chain), format="ogg") as source:
        samples = sum(frame.samples for frame in source.decode(audio=0))
    # The decoder used here keeps the 312 samples of run-in of all links but the first.
    assert 0 <= samples - sum(lengths) * BLOCK <= 312 * (len(lengths) - 1)


def test_mp3_has_the_rate_it_says_with_and_without_the_systems_coder() -> None:
    coders = [encoder("mp3", bitrate=128_000), Muxed(CODINGS["mp3"], 128_000, {})]
    for coder in coders if system_lame() else coders[1:]:
        data = b"".join(coder.encode(block(number).samples) for number in range(100)) + coder.finish()
        assert len(data) * 8 / (100 * BLOCK / 48_000) == pytest.approx(128_000, rel=0.02)


def test_impossible_codings_and_rates_are_refused() -> None:
    with pytest.raises(UnknownName, match="opsu"):
        checked_coding("opsu", 0)
    with pytest.raises(OutOfRange, match="999"):
        checked_coding("aac", 999)
    with pytest.raises(UnknownName, match="130000"):
        checked_coding("mp3", 130_000)
    assert checked_coding("flac", 0)[1] == 0
