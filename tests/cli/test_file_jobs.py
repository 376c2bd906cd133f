"""Files in, files out: whatever is given, a correct result or one clear line, and never anything half-written."""

import ctypes
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from strange_files import BROKEN, SOUND, music

from sonicforge.cli.app import main
from sonicforge.sound.files import info, read


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of one command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sonicforge", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def wav(path: Path, x: np.ndarray | None = None, rate: int = 48_000, subtype: str = "PCM_16") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, (music(0.3) if x is None else x).T, rate, subtype=subtype)
    return path


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


# ---------------------------------------------------------------- strange and broken files


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg", "opus", "m4a"])
@pytest.mark.parametrize("name", SOUND)
def test_strange_files_convert_to_every_format(
    name: str, ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = SOUND[name](tmp_path)
    code, out, err = run(capsys, "convert", source, tmp_path / f"out.{ending}", "--channels", 2, "--json")
    assert (code, err) == (0, "")
    (told,) = json.loads(out)["files"]
    before, after = info(source), read(told["out"])
    assert after.channels == told["channels"] == 2
    assert after.sample_rate == told["sample_rate"]
    assert after.duration_s == pytest.approx(before.duration_s, abs=0.05)
    assert np.isfinite(after.samples).all()


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_one_line_and_leave_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = BROKEN[name](tmp_path)
    before = names(tmp_path)
    code, out, err = run(capsys, "convert", source, tmp_path / "new" / "out.flac", "--json")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "sound." in err
    assert names(tmp_path) == before
    assert not (tmp_path / "new").exists()


# ---------------------------------------------------------------- what a conversion keeps


@pytest.mark.parametrize(
    ("subtype", "rate"), [("PCM_U8", 8000), ("PCM_16", 44_100), ("PCM_16", 8000), ("PCM_24", 192_000)]
)
@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_what_needs_no_change_comes_through_bit_for_bit(
    subtype: str, rate: int, ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = wav(tmp_path / "a.wav", music(0.5), rate, subtype)
    told = json.loads(run(capsys, "convert", source, tmp_path / f"b.{ending}", "--json")[1])["files"][0]
    assert told["exact"]
    assert told["bits"] == ("24" if subtype == "PCM_24" else "16")
    assert np.array_equal(read(source).samples, read(told["out"]).samples)


def test_fewer_bits_are_dithered_and_floats_stay_floats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = np.full((1, 48_000), 0.4 / 32_768, np.float32)
    source = wav(tmp_path / "a.wav", quiet, subtype="FLOAT")
    assert not json.loads(run(capsys, "convert", source, tmp_path / "b.wav", "--bits", 16, "--json")[1])["files"][0][
        "exact"
    ]
    assert np.mean(read(tmp_path / "b.wav").samples) * 32_768 == pytest.approx(0.4, abs=0.02)
    run(capsys, "convert", source, tmp_path / "r.wav", "--bits", 16, "--dither", "none")
    assert not read(tmp_path / "r.wav").samples.any()
    run(capsys, "convert", source, tmp_path / "c.wav")
    assert np.array_equal(read(tmp_path / "c.wav").samples, quiet)


def test_rate_channels_bitrate_and_tags_are_as_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = wav(tmp_path / "a.wav", music(1.0))
    wish = ["--rate", 44_100, "--channels", 1, "--bitrate", "96k", "--tags", "title=New = Name", "--tags", "artist=Me"]
    code, _, _ = run(capsys, "convert", source, tmp_path / "b.mp3", *wish)
    facts = info(tmp_path / "b.mp3")
    assert code == 0
    assert (facts.sample_rate, facts.channels) == (44_100, 1)
    assert facts.tags == {"title": "New = Name", "artist": "Me"}
    assert (tmp_path / "b.mp3").stat().st_size == pytest.approx(96_000 / 8, rel=0.25)
    run(capsys, "convert", tmp_path / "b.mp3", tmp_path / "c.flac", "--tags", "artist=")
    assert info(tmp_path / "c.flac").tags == {"title": "New = Name"}


WRONG_WISHES = {
    "rate too low": (["b.wav", "--rate", 100], "100"),
    "rate too high": (["b.wav", "--rate", 1_000_000], "1000000"),
    "rate not a number": (["b.wav", "--rate", "fast"], "fast"),
    "rate the format cannot carry": (["b.opus", "--rate", 44_100], "44100"),
    "no channels": (["b.wav", "--channels", 0], "0"),
    "many channels": (["b.wav", "--channels", 5], "5"),
    "unknown bits": (["b.wav", "--bits", "20"], "20"),
    "floats in a flac": (["b.flac", "--bits", "32f"], "32f"),
    "bit rate of a lossless file": (["b.flac", "--bitrate", "128k"], "lossless"),
    "bit rate too high": (["b.mp3", "--bitrate", "900k"], "900000"),
    "bit rate in words": (["b.mp3", "--bitrate", "high"], "high"),
    "unknown format": (["b.wav", "--format", "mp5"], "mp5"),
    "unknown ending": (["b.xyz"], "xyz"),
    "two formats": (["b.wav", "--format", "flac"], "flac"),
    "unknown dither": (["b.wav", "--dither", "pepper"], "pepper"),
    "tag without value": (["b.wav", "--tags", "title"], "title"),
    "unknown tag": (["b.wav", "--tags", "titel=x"], "title"),
    "unknown option": (["b.wav", "--loud"], "--loud"),
}


@pytest.mark.parametrize("name", WRONG_WISHES)
def test_a_wrong_wish_is_one_line_with_the_value_and_leaves_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wav(tmp_path / "a.wav")
    options, value = WRONG_WISHES[name]
    code, out, err = run(capsys, "convert", "a.wav", *options)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert value in err
    assert names(tmp_path) == ["a.wav"]


# ---------------------------------------------------------------- many files


def test_a_folder_keeps_its_names_and_a_bad_file_does_not_stop_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wav(tmp_path / "in" / "one.wav")
    wav(tmp_path / "in" / "deep down" / "twö.WAV")
    (tmp_path / "in" / "broken.mp3").write_bytes(b"no sound")
    (tmp_path / "in" / "notes.txt").write_text("not asked for")
    (tmp_path / "in" / ".hidden.wav").write_bytes(b"not asked for")
    code, out, err = run(capsys, "convert", tmp_path / "in", tmp_path / "out", "--format", "flac", "--json")
    told = json.loads(out)
    assert code == 2
    assert [Path(row["file"]).name for row in told["failed"]] == ["broken.mp3"]
    assert err.count("\n") == 1
    assert "broken.mp3" in err
    assert names(tmp_path / "out") == ["deep down/twö.flac", "one.flac"]


def test_an_empty_folder_and_a_missing_file_do_not_stop_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = wav(tmp_path / "a.wav"), wav(tmp_path / "b.wav")
    (tmp_path / "nothing").mkdir()
    given = [first, tmp_path / "nothing", tmp_path / "gone.wav", second]
    code, out, err = run(capsys, "convert", *given, tmp_path / "out", "--format", "flac", "--json")
    told = json.loads(out)
    assert code == 2
    assert [Path(row["file"]).name for row in told["failed"]] == ["nothing", "gone.wav"]
    assert "nothing holds no sound files" in told["failed"][0]["error"]
    assert err.count("\n") == 2
    assert names(tmp_path / "out") == ["a.flac", "b.flac"]


def test_a_folder_that_may_not_be_read_is_told_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    wav(tmp_path / "in" / "a.wav")
    closed = wav(tmp_path / "in" / "closed" / "b.wav").parent
    within = wav(tmp_path / "shut" / "c.wav")
    closed.chmod(0)
    within.parent.chmod(0)
    command = [sys.executable, "-m", "sonicforge", "convert", tmp_path / "in", within, tmp_path / "out", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, preexec_fn=without_privileges, timeout=60
    )
    for folder in (closed, within.parent):
        folder.chmod(0o700)
    told = json.loads(done.stdout)
    assert done.returncode == 2
    assert [Path(row["file"]) for row in told["failed"]] == [closed, within]
    assert done.stderr.count("\n") == 2
    assert all("permission denied" in row["error"].lower() for row in told["failed"])
    assert names(tmp_path / "out") == ["a.wav"]


def test_what_lies_in_the_out_folder_is_no_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wav(tmp_path / "in" / "one.wav")
    for _ in range(2):
        code, out, _ = run(capsys, "convert", tmp_path / "in", tmp_path / "in" / "done", "--format", "mp3", "--json")
        assert (code, len(json.loads(out)["files"])) == (0, 1)
    assert names(tmp_path) == ["in/done/one.mp3", "in/one.wav"]


def test_several_files_go_into_a_folder_and_keep_their_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = wav(tmp_path / "a.wav"), wav(tmp_path / "b.aiff")
    assert run(capsys, "convert", first, second, tmp_path / "out")[0] == 0
    assert names(tmp_path / "out") == ["a.wav", "b.flac"]


def test_two_results_in_one_place_are_refused_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wav(tmp_path / "x" / "a.wav")
    wav(tmp_path / "y" / "a.wav")
    code, _, err = run(capsys, "convert", tmp_path / "x", tmp_path / "y", tmp_path / "out")
    assert code == 2
    assert "would both become" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("way", ["itself", "folder", "symbolic link", "hard link", "another input"])
def test_an_input_is_never_overwritten(
    way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = wav(tmp_path / "in" / "a.wav")
    wav(tmp_path / "in" / "b.wav")
    (tmp_path / "soft.wav").symlink_to(source)
    os.link(source, tmp_path / "hard.wav")
    before = source.read_bytes()
    arguments = {
        "itself": ["in/a.wav", "in/../in/a.wav"],
        "folder": ["in", "in"],
        "symbolic link": ["in/a.wav", "soft.wav"],
        "hard link": ["in/a.wav", "hard.wav"],
        "another input": ["in/a.wav", "hard.wav", "."],
    }
    code, _, err = run(capsys, "convert", *arguments[way], "--bits", "24")
    assert code == 2
    assert "is the input itself" in err
    assert err.count("\n") == 1
    assert source.read_bytes() == before
    assert names(tmp_path) == ["hard.wav", "in/a.wav", "in/b.wav", "soft.wav"]


NAMES = {
    "another encoding": b"caf\xe9 [bold] 100%",
    "letters of all scripts": "Änderung 音楽 \U0001f3b5".encode(),
    "very long": ("ä" * 120).encode(),
    "begins with a dash": b"-o",
}


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg", "opus", "m4a"])
@pytest.mark.parametrize("name", NAMES)
def test_any_name_a_disk_can_hold_goes_through(
    name: str, ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = Path(os.fsdecode(NAMES[name]))
    wav(tmp_path / "in" / "a.wav").rename(tmp_path / "in" / f"{given}.wav")
    code, out, err = run(capsys, "convert", tmp_path / "in", tmp_path / "out", "--format", ending, "--json")
    assert (code, err) == (0, "")
    assert len(json.loads(out)["files"]) == 1
    (made,) = (tmp_path / "out").iterdir()
    assert made.name == f"{given}.{ending}"
    assert made.stat().st_size > 0
    assert run(capsys, "convert", tmp_path / "in", tmp_path / "out", "--format", ending)[0] == 0


# ---------------------------------------------------------------- disks, signals, long files


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The system refuses to let any file grow beyond `size`, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg", "opus", "m4a"])
def test_a_full_disk_is_one_line_and_leaves_nothing(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 480_000)).astype(np.float32)
    source = wav(tmp_path / "a.wav", noise)
    with file_size_limit(50_000):
        code, _, err = run(capsys, "convert", source, tmp_path / "new" / f"b.{ending}")
    assert code == 2
    assert err.startswith("error: cannot write ")
    assert err.count("\n") == 1
    assert names(tmp_path) == ["a.wav"]
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = wav(tmp_path / "a.wav")
    (tmp_path / "wall").write_text("")
    for out in (tmp_path / "wall" / "b.flac", Path("/proc/nowhere/b.flac")):
        code, _, err = run(capsys, "convert", source, out)
        assert code == 2
        assert err.startswith(f"error: cannot write {out}")
        assert err.count("\n") == 1
    assert names(tmp_path) == ["a.wav", "wall"]


def without_privileges() -> None:
    """Root obeys permissions too: drops CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH for what is started next."""
    if os.geteuid() == 0:
        drop_capability = 24
        for capability in (1, 2):
            assert ctypes.CDLL(None).prctl(drop_capability, capability) == 0


def test_permissions_that_are_missing_are_one_line(tmp_path: Path) -> None:
    source = wav(tmp_path / "a.wav")
    secret = wav(tmp_path / "secret.wav")
    secret.chmod(0)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    wishes = {
        (source, closed / "b.flac"): f"cannot write {closed / 'b.flac'}: permission denied",
        (source, closed / "new" / "b.flac"): f"cannot write {closed / 'new' / 'b.flac'}: permission denied",
        (secret, tmp_path / "b.flac"): "secret.wav",
    }
    for (given, out), said in wishes.items():
        done = subprocess.run(
            [sys.executable, "-m", "sonicforge", "convert", str(given), str(out)],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=without_privileges,
            timeout=60,
        )
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    assert names(tmp_path) == ["a.wav", "secret.wav"]


def long_wav(path: Path, seconds: int, rate: int, channels: int = 2) -> Path:
    """Hours of sound that take no room on the disk: a hole in a file, with a beep at its start."""
    size = seconds * rate * channels * 2
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, channels, rate,
                       rate * channels * 2, channels * 2, 16, b"data", size)  # fmt: skip
    with path.open("wb") as file:
        file.write(head + (music(1.0, channels, rate).T * 20_000).astype("<i2").tobytes())
        file.truncate(len(head) + size)
    return path


def peak_mb(*arguments: object) -> float:
    """Peak memory of a command in a process of its own."""
    code = (
        "import sys; from sonicforge.cli.app import main\n"
        "try: main()\n"
        "finally: print(next(row for row in open('/proc/self/status') if row.startswith('VmHWM')).split()[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=True, timeout=200
    )
    return int(done.stdout.split()[-1]) / 1024


def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    minute, hour = long_wav(tmp_path / "minute.wav", 60, 8000), long_wav(tmp_path / "hour.wav", 3600, 8000)
    little = peak_mb("convert", minute, tmp_path / "minute-out.wav")
    much = peak_mb("convert", hour, tmp_path / "hour-out.wav")
    assert info(tmp_path / "hour-out.wav").length == 3600 * 8000
    assert much < little + 40  # whole, the hour would take 230 MB


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_stopped_leaves_nothing_and_says_so(number: signal.Signals, tmp_path: Path) -> None:
    long_wav(tmp_path / "long.wav", 10_000, 48_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "sonicforge", "convert", "long.wav", "new/out.flac"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a shell may have muted it
    )
    until = time.monotonic() + 60
    while not list(tmp_path.glob("new/.*.part")) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "nothing unfinished was kept" in said
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.rglob("*")] == ["long.wav"]


# ---------------------------------------------------------------- effects


def test_effects_lists_all_and_shows_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "effects", "--json")
    rows = {row["name"]: row for row in json.loads(out)["effects"]}
    assert code == 0
    assert {"gain", "compressor"} <= set(rows)
    code, out, _ = run(capsys, "effects", "gain", "--json")
    assert json.loads(out) == rows["gain"]
    assert rows["gain"]["latency_samples"] == 0
    assert {"name", "low", "high", "default", "unit", "low_is", "high_is"} <= set(rows["gain"]["parameters"][0])


def test_effects_tells_people_ranges_latency_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "effects", "limiter")
    assert code == 0
    for words in ("latency", "ms", "dB", "after "):
        assert words in err
    code, _, err = run(capsys, "effects", "limitre")
    assert code == 2
    assert "did you mean limiter" in err
    assert "gain" in run(capsys, "effects")[2]
