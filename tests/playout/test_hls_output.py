"""The HLS output as the tower sees it: never blocks, tells the truth about itself, and mends itself."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hls_reading import Folder, media_of
from hls_rules import check
from hls_station import EPOCH_UTC, SEGMENT, block, item

from sonicforge.errors import OutOfRange
from sonicforge.playout.block import BLOCK, RATE, Block, Mark
from sonicforge.playout.outputs.hls.output import HlsOutput
from sonicforge.playout.outputs.output import OutputState

FIRST = 10 * SEGMENT


def until(true: Callable[[], bool], patience_s: float = 60.0) -> None:
    end = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


class Feeder:
    """Sends blocks as fast as the output takes them."""

    def __init__(self, output: HlsOutput, position: int = FIRST) -> None:
        self.output, self.position = output, position

    def blocks(self, count: int, make: Callable[[int], Block] = block) -> None:
        for _ in range(count):
            until(lambda: len(self.output._inbox) < 100)
            self.output.send(make(self.position))
            self.position += BLOCK

    def until(self, state: str, make: Callable[[int], Block] = block) -> OutputState:
        for _ in range(400):
            if self.output.state.state == state:
                break
            self.blocks(4, make)
            time.sleep(0.02)
        assert self.output.state.state == state, self.output.state
        return self.output.state


@pytest.fixture
def output(tmp_path: Path) -> Iterator[HlsOutput]:
    made = HlsOutput("hls", tmp_path / "hls", renditions=("aac64", "aac128"), window_s=60.0)
    made.start()
    yield made
    made.close()


def test_states_go_from_connecting_to_on_to_off(output: HlsOutput, tmp_path: Path) -> None:
    assert output.state.state == "connecting"
    feeder = Feeder(output)
    feeder.blocks(62 * 3 + 10)
    until(lambda: output.state.bytes_taken > 0)
    told = feeder.until("on")
    assert 150_000 < told.bitrate < 250_000
    assert told.level_lufs is not None
    assert -20.0 < told.level_lufs < -5.0
    assert (told.silent_s, told.frozen_s, told.dropped_blocks, told.detail) == (0.0, 0.0, 0, "")
    until(lambda: not len(output._inbox))
    output.close()
    assert output.state.state == "off"
    made = media_of("aac64", (tmp_path / "hls" / "aac64" / "index.m3u8").read_text())
    assert sum(one.duration for one in made.segments) * RATE == pytest.approx(feeder.position - FIRST, abs=2 * BLOCK)


def test_send_never_waits_even_when_nobody_takes(tmp_path: Path) -> None:
    output = HlsOutput("hls", tmp_path, renditions=("aac64",))
    one = block(FIRST)
    for _ in range(1000):
        output.send(one)
    assert output.state.dropped_blocks > 800


def test_a_refusing_folder_is_a_failure_in_words_and_heals_by_itself(output: HlsOutput, tmp_path: Path) -> None:
    feeder = Feeder(output)
    feeder.blocks(62 * 2)
    feeder.until("on")
    folder, aside = tmp_path / "hls", tmp_path / "aside"
    folder.rename(aside)
    folder.write_text("a file in the way")
    told = feeder.until("failed")
    assert str(folder) in told.detail
    assert "not a directory" in told.detail or "exists" in told.detail
    folder.unlink()
    aside.rename(folder)
    assert feeder.until("on").reconnects > 0
    made = media_of("aac64", (folder / "aac64" / "index.m3u8").read_text())
    assert sum(one.broken for one in made.segments) >= 1
    assert [one.number for one in made.segments] == list(range(made.segments[0].number, made.segments[-1].number + 1))


def test_a_folder_deleted_while_on_air_is_made_again(output: HlsOutput, tmp_path: Path) -> None:
    feeder = Feeder(output)
    feeder.blocks(62 * 2)
    feeder.until("on")
    before = media_of("aac64", (tmp_path / "hls" / "aac64" / "index.m3u8").read_text()).segments[-1].number
    shutil.rmtree(tmp_path / "hls")
    until(lambda: not (tmp_path / "hls").exists())
    for _ in range(300):
        feeder.blocks(10)
        if (tmp_path / "hls" / "master.m3u8").exists():
            break
        time.sleep(0.05)
    output.close()
    after = media_of("aac64", (tmp_path / "hls" / "aac64" / "index.m3u8").read_text())
    assert after.segments[0].number >= before
    assert [one for one in check(Folder(tmp_path / "hls"), settled=False) if one.rule != "R15"] == []


def test_silence_on_air_is_not_shown_as_on(output: HlsOutput) -> None:
    def silent(position: int) -> Block:
        noise = np.random.default_rng(position).standard_normal((2, BLOCK)) * 1e-5
        return Block(position, EPOCH_UTC + position / RATE, noise.astype(np.float32))

    feeder = Feeder(output)
    feeder.blocks(62 * 2)
    feeder.until("on")
    told = feeder.until("failed", silent)
    assert told.detail.startswith("silence for")
    assert told.silent_s >= 5.0
    told = feeder.until("on")
    assert told.silent_s == 0.0


def test_a_programme_that_stops_coming_is_not_shown_as_on(output: HlsOutput) -> None:
    feeder = Feeder(output)
    feeder.blocks(62 * 2)
    feeder.until("on")
    output._segment_at -= 30.0
    told = output.state
    assert (told.state, told.bitrate) == ("waiting", 0)
    assert told.frozen_s >= 20.0
    assert "no new segment" in told.detail
    feeder.blocks(62)
    feeder.until("on")


def test_what_sounds_is_told_again_after_lost_blocks(output: HlsOutput, tmp_path: Path) -> None:
    feeder = Feeder(output)
    feeder.blocks(62)
    until(lambda: not len(output._inbox))
    mark = Mark(0, "track", item("Lost", name="lost"), 30.0)
    output._newest = (mark, feeder.position)
    feeder.position += 100 * BLOCK
    feeder.blocks(62 * 3)
    until(lambda: not len(output._inbox))
    output.close()
    told = media_of("aac64", (tmp_path / "hls" / "aac64" / "index.m3u8").read_text()).ranges[0]
    assert told["X-TITLE"] == "Lost"
    assert float(told["X-AT"]) == pytest.approx(39.6, abs=0.2)


def test_two_outputs_do_not_disturb_each_other(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("in the way")
    bad = HlsOutput("bad", tmp_path / "bad", renditions=("aac64",))
    good = HlsOutput("good", tmp_path / "good", renditions=("aac64",))
    for one in (bad, good):
        one.start()
    feeder = Feeder(good)
    for index in range(62 * 3):
        bad.send(block(FIRST + index * BLOCK))
        feeder.blocks(1)
    feeder.until("on")
    assert bad.state.state == "failed"
    assert good.state.dropped_blocks == 0
    for one in (bad, good):
        one.close()
    assert not [thread for thread in threading.enumerate() if thread.name in ("output-bad", "output-good")]


def test_a_full_disk_is_named(output: HlsOutput, tmp_path: Path) -> None:
    """/dev/full refuses every byte with the error of a full disk."""
    feeder = Feeder(output)
    feeder.blocks(62 * 2)
    feeder.until("on")
    state = tmp_path / "hls" / ".sequence.json.new"
    state.symlink_to("/dev/full")
    told = feeder.until("failed")
    assert told.detail == f"cannot write {tmp_path / 'hls'}: the disk is full"
    state.unlink(missing_ok=True)
    feeder.until("on")


def test_the_window_has_limits(tmp_path: Path) -> None:
    with pytest.raises(OutOfRange, match="window"):
        HlsOutput("hls", tmp_path, window_s=10.0)
