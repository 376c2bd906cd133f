"""Restarts: whatever ends the process, the next one goes on with the same numbers and keeps what was on air."""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import orjson
import pytest
from hls_reading import Folder, media_of
from hls_rules import Watch, check
from hls_station import EPOCH_UTC, PAIR, SEGMENT, heard, packager, play, programme

from sonicforge.playout.block import BLOCK, RATE

FIRST = 10 * SEGMENT


def listed(folder: Path, name: str = "flac") -> list[tuple[int, float, bool]]:
    media = media_of(name, (folder / name / "index.m3u8").read_text())
    return [(one.number, one.duration, one.broken) for one in media.segments]


def test_a_proper_end_loses_nothing_and_the_old_window_is_there_at_once(tmp_path: Path) -> None:
    station = packager(tmp_path)
    end = play(station, FIRST, 62 * 6 + 20)
    station.close()
    before = listed(tmp_path)
    assert [duration for _, duration, _ in before] == [5.952] * 6 + [1.92]
    again = packager(tmp_path)
    play(again, end + 30 * BLOCK, 2)
    assert listed(tmp_path) == before
    play(again, end + 32 * BLOCK, 62 * 2)
    after = listed(tmp_path)
    assert after[: len(before)] == before
    assert [broken for _, _, broken in after] == [False] * 7 + [True] + [False] * (len(after) - 8)
    assert check(Folder(tmp_path)) == []


def test_a_killed_process_loses_less_than_a_second_of_what_it_had_made(tmp_path: Path) -> None:
    station = packager(tmp_path)
    end = play(station, FIRST, 62 * 2 + 57)
    station.abandon()
    again = packager(tmp_path)
    play(again, end + 20 * BLOCK, 62)
    assert [round(duration, 3) for _, duration, _ in listed(tmp_path)][:3] == [5.952, 5.952, 4.8]
    assert check(Folder(tmp_path), settled=False) == []
    sound = heard(tmp_path / "flac" / "index.m3u8")
    kept = 2 * SEGMENT + 25 * PAIR
    assert np.abs(sound[:, :kept] - programme(FIRST, kept)).max() < 1e-6


def test_a_chunk_that_only_some_renditions_have_is_cut_off_everywhere(tmp_path: Path) -> None:
    station = packager(tmp_path)
    end = play(station, FIRST, 62 + 32)
    station.abandon()
    part = next((tmp_path / "aac64").glob("*.part"))
    part.write_bytes(part.read_bytes()[:-7])
    play(packager(tmp_path), end, 62)
    assert [duration for _, duration, _ in listed(tmp_path)][:2] == [5.952, 1.92]
    assert check(Folder(tmp_path), settled=False) == []


def test_a_segment_named_but_not_yet_listed_is_kept(tmp_path: Path) -> None:
    """Killed between giving the files their names and writing the sequence."""
    station = packager(tmp_path)
    end = play(station, FIRST, 62 + 50)
    station.abandon()
    for part in (tmp_path / "aac64").glob("*.part"):
        part.rename(part.with_suffix(".m4s"))
    play(packager(tmp_path), end, 62)
    assert [duration for _, duration, _ in listed(tmp_path)][:2] == [5.952, 3.84]
    assert check(Folder(tmp_path), settled=False) == []


def test_a_tail_that_cannot_be_read_is_given_up(tmp_path: Path) -> None:
    station = packager(tmp_path)
    end = play(station, FIRST, 62 + 50)
    station.abandon()
    for part in tmp_path.glob("*/*.part"):
        data = bytearray(part.read_bytes())
        data[8:400] = bytes(392)
        part.write_bytes(bytes(data))
    play(packager(tmp_path), end, 62 * 2)
    assert [broken for _, _, broken in listed(tmp_path)][:2] == [False, True]
    assert check(Folder(tmp_path), settled=False) == []


def test_kill_9_at_any_moment_keeps_every_rule(tmp_path: Path) -> None:
    chance, at, watch = random.Random(7), FIRST, Watch(Folder(tmp_path))
    victim = Path(__file__).with_name("hls_victim.py")
    numbers = []
    for _ in range(6):
        command = [sys.executable, str(victim), str(tmp_path), str(at), "100000", "aac64", "aac128"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.05, 0.9))
            process.kill()
        at = furthest(tmp_path, at) + 25 * BLOCK
        if (tmp_path / "master.m3u8").exists():
            watch.look(EPOCH_UTC + at / RATE, settled=False, newest=40)
            numbers.append(media_of("aac64", (tmp_path / "aac64" / "index.m3u8").read_text()).segments[-1].number)
    assert len(numbers) > 2
    assert numbers == sorted(numbers)
    # The sped-up clock between two looks says nothing about cadence and deletion.
    assert [str(one) for one in watch.found if one.rule not in {"R8", "R6"}] == []


def furthest(folder: Path, default: int) -> int:
    """A position behind all that was made."""
    try:
        told = orjson.loads((folder / "sequence.json").read_bytes())
    except FileNotFoundError:
        return default
    newest = told["open"] or told["listed"][-1]
    return int(newest["position"]) + 62 * BLOCK


@pytest.mark.slow
def test_two_hundred_restarts_in_a_row_count_upwards(tmp_path: Path) -> None:
    at, numbers = FIRST, []
    for _ in range(200):
        station = packager(tmp_path, "aac64", window_s=60.0)
        at = play(station, at, 24) + 10 * BLOCK
        station.abandon()
        state = orjson.loads((tmp_path / "sequence.json").read_bytes())
        numbers.append(state["next_number"])
    assert numbers == sorted(numbers)
    assert numbers[-1] >= numbers[0] + 199
    media = media_of("aac64", (tmp_path / "aac64" / "index.m3u8").read_text())
    assert media.number("EXT-X-DISCONTINUITY-SEQUENCE") > 100
    assert check(Folder(tmp_path)) == []


def test_a_lost_folder_does_not_make_numbers_count_backwards(tmp_path: Path) -> None:
    station = packager(tmp_path, "aac64")
    end = play(station, FIRST, 62 * 3)
    before = listed(tmp_path, "aac64")
    station.abandon()
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    play(packager(tmp_path, "aac64"), end, 62 * 2)
    assert listed(tmp_path, "aac64")[0][0] >= before[-1][0]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"renditions": 3}', b"\xff\x00"])
def test_a_spoiled_sequence_file_means_a_fresh_start(tmp_path: Path, content: bytes) -> None:
    station = packager(tmp_path, "aac64")
    end = play(station, FIRST, 62 * 2)
    station.abandon()
    newest = listed(tmp_path, "aac64")[-1][0]
    (tmp_path / "sequence.json").write_bytes(content)
    play(packager(tmp_path, "aac64"), end, 62 * 2)
    assert check(Folder(tmp_path), settled=False) == []
    assert listed(tmp_path, "aac64")[0][0] > newest


def test_a_listed_segment_lost_in_a_power_cut_empties_the_list_and_counting_goes_on(tmp_path: Path) -> None:
    station = packager(tmp_path)
    end = play(station, FIRST, 62 * 4)
    station.close()
    before = listed(tmp_path)
    (tmp_path / "flac" / f"{before[-1][0]}.m4s").write_bytes(b"")
    play(packager(tmp_path), end, 62 * 2)
    assert listed(tmp_path)[0][0] == before[-1][0] + 1
    assert media_of("flac", (tmp_path / "flac" / "index.m3u8").read_text()).number("EXT-X-DISCONTINUITY-SEQUENCE") == 1


def test_other_renditions_begin_a_new_list_with_higher_numbers(tmp_path: Path) -> None:
    station = packager(tmp_path, "aac64", "aac128")
    end = play(station, FIRST, 62 * 3)
    station.close()
    before = listed(tmp_path, "aac64")
    play(packager(tmp_path, "aac64", "flac"), end, 62 * 2)
    assert listed(tmp_path, "flac")[0][0] == before[-1][0] + 1
    assert listed(tmp_path, "aac64") == listed(tmp_path, "flac")
    assert (tmp_path / "aac64" / f"{before[-1][0]}.m4s").exists()
