"""Recordings hold every sample, change files with the hour, and survive crashes, full disks and strange titles."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from on_air import block, item, until

from sonicforge.errors import OutOfRange, UnknownName
from sonicforge.playout.block import BLOCK, Block, Mark
from sonicforge.playout.outputs.encoder import CODINGS
from sonicforge.playout.outputs.recording import FORMATS, RecordingOutput
from sonicforge.playout.probe import decoded
from sonicforge.sound import files

_HOUR = 3600.0 * 490_000


def record(output: RecordingOutput, blocks: list[Block]) -> None:
    """Send blocks no faster than they are written, and close."""
    output.start()
    for one in blocks:
        output.send(one)
        until(lambda: len(output._inbox) < 50)
    assert until(lambda: not output._inbox)
    time.sleep(0.1)
    output.close()


def sounds(folder: Path, ending: str = "flac") -> list[Path]:
    return sorted(folder.glob(f"*.{ending}"))


def test_the_files_hold_every_sample_and_change_at_the_full_hour(tmp_path: Path) -> None:
    blocks = [block(number, utc=_HOUR - 4.0, title="Rain" if number == 3 else None) for number in range(100)]
    record(RecordingOutput("archive", tmp_path, least_free_mb=0), blocks)
    paths = sounds(tmp_path)
    assert [path.name for path in paths] == ["main-20251125T035956Z.flac", "main-20251125T040000Z.flac"] or len(
        paths
    ) == 2
    heard = [files.read(path).samples for path in paths]
    assert heard[0].shape[1] == -(-4 * 48_000 // BLOCK) * BLOCK
    whole = np.concatenate(heard, axis=1)
    wanted = np.concatenate([one.samples for one in blocks], axis=1)
    assert whole.shape == wanted.shape
    assert np.abs(whole - wanted).max() < 2.5 / 32768
    second = json.loads(paths[1].with_suffix(".json").read_text())
    assert [entry["title"] for entry in second["entries"]] == ["Rain"]
    assert second["entries"][0]["from_s"] == pytest.approx(4.032 - 0.288)
    assert second["complete"] is True


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_can_be_played(tmp_path: Path, ending: str) -> None:
    record(
        RecordingOutput("archive", tmp_path, format=ending, least_free_mb=0), [block(n, utc=_HOUR) for n in range(60)]
    )
    (path,) = sounds(tmp_path, ending)
    assert decoded(CODINGS[ending].container, path.read_bytes()).shape[1] > 57 * BLOCK


def test_titles_of_any_kind_make_a_cue_sheet_of_single_lines(tmp_path: Path) -> None:
    titles = ['A "quoted"\nline', "\r\n\x00", "🎵" * 300, "TRACK 99 AUDIO"]
    marks = {10 * number: Mark(100, "track", item(title)) for number, title in enumerate(titles)}
    marks[5] = Mark(0, "bridge", item("into"), left=item("from"), transition={"method": "B"})
    blocks = [block(n, utc=_HOUR, marks=(marks[n],) if n in marks else ()) for n in range(50)]
    record(RecordingOutput("archive", tmp_path, least_free_mb=0), blocks)
    (path,) = sounds(tmp_path)
    lines = path.with_suffix(".cue").read_text().splitlines()
    assert [line for line in lines if line.startswith("  TRACK")] == [f"  TRACK {n:02d} AUDIO" for n in (1, 2, 3, 4)]
    assert "    TITLE \"A 'quoted' line\"" in lines
    assert "    INDEX 01 00:00:72" in lines
    assert all(line.count('"') in (0, 2) for line in lines)
    told = json.loads(path.with_suffix(".json").read_text())
    assert [entry["title"] for entry in told["entries"] if entry["kind"] == "track"] == titles
    assert told["entries"][1]["transition"] == {"method": "B"}
    assert told["entries"][1]["left"] == "from"


def test_a_gap_begins_a_new_file(tmp_path: Path) -> None:
    blocks = [block(n, utc=_HOUR) for n in range(20)] + [block(n, utc=_HOUR, gap=n == 50) for n in range(50, 70)]
    record(RecordingOutput("archive", tmp_path, least_free_mb=0), blocks)
    assert [files.read(path).length for path in sounds(tmp_path)] == [20 * BLOCK, 20 * BLOCK]


_CRASHING = """
import sys, time
from pathlib import Path
from on_air import block
from sonicforge.playout.outputs.recording import RecordingOutput
output = RecordingOutput("archive", Path(sys.argv[1]), format=sys.argv[2], least_free_mb=0)
output.start()
for number in range(200):
    output.send(block(number, utc=float(sys.argv[3]), title="Rain" if number == 0 else None))
    time.sleep(0.002)
while len(output._inbox):
    time.sleep(0.01)
time.sleep(0.2)
print("written", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    "ending", [ending if ending == "flac" else pytest.param(ending, marks=pytest.mark.slow) for ending in FORMATS]
)
def test_what_was_written_before_kill_9_can_be_played_and_a_new_file_begins(tmp_path: Path, ending: str) -> None:
    command = [sys.executable, "-c", _CRASHING, str(tmp_path), ending, str(_HOUR)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    (path,) = sounds(tmp_path, ending)
    assert decoded(CODINGS[ending].container, path.read_bytes()).shape[1] > 194 * BLOCK
    told = json.loads(path.with_suffix(".json").read_text())
    assert told["complete"] is False
    assert told["entries"][0]["title"] == "Rain"
    output = RecordingOutput("archive", tmp_path, format=ending, least_free_mb=0)
    record(output, [block(n, utc=_HOUR) for n in range(30)])
    assert len(sounds(tmp_path, ending)) == 2


def test_too_little_free_space_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    output = RecordingOutput("archive", tmp_path, least_free_mb=1e9)
    output.start()
    output.send(block(0, utc=_HOUR))
    assert until(lambda: output.state.state == "waiting")
    assert "MB free" in output.state.detail
    assert sounds(tmp_path) == []
    output.close()


def test_recording_goes_on_by_itself_when_the_folder_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.write_text("in the way")
    output = RecordingOutput("archive", folder, least_free_mb=0)
    output.start()
    assert until(lambda: output.state.state == "waiting")
    assert "file exists" in output.state.detail
    folder.unlink()
    numbers = iter(range(10_000))

    def recording() -> bool:
        output.send(block(next(numbers), utc=_HOUR))
        return output.state.state == "on"

    assert until(recording)
    output.close()
    assert sounds(folder)


_LIMITED = """
import resource, sys, time
from pathlib import Path
from on_air import block, until
from sonicforge.playout.outputs.recording import RecordingOutput
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
output = RecordingOutput("archive", Path(sys.argv[1]), least_free_mb=0)
output.start()
for number in range(300):
    output.send(block(number, utc=float(sys.argv[2])))
    time.sleep(0.002)
assert until(lambda: output.state.state == "waiting"), output.state
print(output.state.detail)
output.close()
"""


def test_a_disk_that_refuses_more_is_told_and_what_was_written_stays(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", _LIMITED, str(tmp_path), str(_HOUR)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    assert "too large" in told
    assert decoded("flac", sounds(tmp_path)[0].read_bytes()).shape[1] > 4 * 48_000


def test_old_recordings_are_deleted_and_strangers_are_kept(tmp_path: Path) -> None:
    old, stranger = tmp_path / "main-20200101T000000Z.flac", tmp_path / "holiday.flac"
    for path in (old, old.with_suffix(".cue"), old.with_suffix(".json"), stranger):
        path.write_text("x")
        os.utime(path, (0, 0))
    record(RecordingOutput("archive", tmp_path, keep_h=24, least_free_mb=0), [block(0, utc=_HOUR)])
    assert not old.exists()
    assert not old.with_suffix(".cue").exists()
    assert stranger.exists()


def test_impossible_recordings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="wav"):
        RecordingOutput("archive", tmp_path, format="wav")
    with pytest.raises(OutOfRange):
        RecordingOutput("archive", tmp_path, least_free_mb=-1)
    with pytest.raises(OutOfRange):
        RecordingOutput("archive", tmp_path, keep_h=0)
