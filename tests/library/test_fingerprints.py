"""The index finds a recording again, forgets what is removed, and is whole whenever its process dies."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from sonicforge.analysis.fingerprint.classifiers import SILENT, Codes
from sonicforge.analysis.fingerprint.fingerprint import CODE_S
from sonicforge.analysis.fingerprint.match import compare
from sonicforge.errors import BadDataFile, CannotWrite, OutOfRange
from sonicforge.library.duplicates import duplicates
from sonicforge.library.fingerprints import Entry, FingerprintIndex, landmarks


def recording(seed: int, length: int = 900) -> Codes:
    """Codes that change a few bits at a time, as those of music do."""
    rng = np.random.default_rng(seed)
    flips = rng.random((length, 32)) < 0.15
    bits = np.logical_xor.accumulate(flips, axis=0)
    return (bits @ (1 << np.arange(32, dtype=np.int64))).astype(np.uint32)


def damaged(codes: Codes, rate: float, seed: int = 0) -> Codes:
    wrong = np.random.default_rng(seed).random((len(codes), 32)) < rate
    return codes ^ (wrong @ (1 << np.arange(32, dtype=np.int64))).astype(np.uint32)


@pytest.fixture(scope="module")
def shelf() -> FingerprintIndex:
    index = FingerprintIndex()
    index.add(*(Entry(f"track {seed}", recording(seed), 111.0, "as it was") for seed in range(300)))
    return index


def test_what_went_in_comes_out(shelf: FingerprintIndex) -> None:
    entry = shelf.entry("track 7")
    assert entry is not None
    assert np.array_equal(entry.codes, recording(7))
    assert (entry.duration_s, entry.stamp) == (111.0, "as it was")
    assert len(shelf) == 300 == len(shelf.names())
    assert "track 7" in shelf
    assert "track 300" not in shelf
    assert shelf.entry("track 300") is None


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.10, 0.14])
def test_a_damaged_part_is_found_and_placed(shelf: FingerprintIndex, rate: float) -> None:
    for seed in range(0, 300, 30):
        hits = shelf.search(damaged(recording(seed)[100:], rate, seed))
        assert [hit.name for hit in hits] == [f"track {seed}"]
        assert hits[0].match.similarity == pytest.approx(1 - 2 * rate, abs=0.03)
        assert hits[0].match.offset_s == pytest.approx(-100 * CODE_S)


def test_the_index_says_what_comparing_with_everything_says(shelf: FingerprintIndex) -> None:
    query = damaged(recording(42)[200:700], 0.08)
    everything = {f"track {seed}": compare(query, recording(seed)) for seed in range(300)}
    found = {hit.name: hit.match for hit in shelf.search(query)}
    assert found == {name: match for name, match in everything.items() if match.similarity >= 0.7}


def test_strangers_silence_and_nothing_are_not_found(shelf: FingerprintIndex) -> None:
    assert shelf.search(recording(5_000)) == []
    assert shelf.search(np.full(500, SILENT, np.uint32)) == []
    assert shelf.search(np.zeros(0, np.uint32)) == []


def test_a_code_that_more_than_a_thousand_recordings_have_does_not_hide_one_of_them() -> None:
    common = landmarks(recording(1))[0][0]
    with_common = [recording(seed, 120) for seed in range(1_100)]
    for codes in with_common:
        codes[::10] = common
    index = FingerprintIndex()
    index.add(*(Entry(str(seed), codes) for seed, codes in enumerate(with_common)))
    assert [hit.name for hit in index.search(damaged(with_common[77], 0.05))] == ["77"]


def test_a_name_is_replaced_and_removed_without_trace() -> None:
    index = FingerprintIndex()
    index.add(Entry("a", recording(1)), Entry("b", recording(2)))
    index.add(Entry("a", recording(3)))
    assert index.search(recording(1)) == []
    assert [hit.name for hit in index.search(recording(3))] == ["a"]
    assert index.remove("a", "never there") == 1
    assert index.search(recording(3)) == []
    index.remove("b")
    assert index._base.execute("SELECT count(*) FROM landmarks").fetchone() == (0,)


def test_a_failed_change_leaves_everything_as_it_was() -> None:
    index = FingerprintIndex()
    index.add(Entry("a", recording(1)))
    with pytest.raises(TypeError):
        index.add(Entry("a", recording(2)), Entry("b", None))  # type: ignore[arg-type]
    assert [hit.name for hit in index.search(recording(1))] == ["a"]
    assert index.names() == ["a"]


def test_another_process_finds_what_was_written(tmp_path: Path) -> None:
    with FingerprintIndex(tmp_path / "index") as index:
        index.add(Entry("a", recording(1)))
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    with FingerprintIndex(tmp_path / "index") as index:
        assert [hit.name for hit in index.search(recording(1))] == ["a"]


def test_a_killed_process_leaves_every_recording_whole(tmp_path: Path) -> None:
    writer = textwrap.dedent(
        """
        import sys
        sys.path.insert(0, sys.argv[2])
        from pathlib import Path
        from test_fingerprints import recording
        from sonicforge.library.fingerprints import Entry, FingerprintIndex
        index = FingerprintIndex(Path(sys.argv[1]))
        for seed in range(100_000):
            index.add(Entry(str(seed), recording(seed)))
            print(seed, flush=True)
        """
    )
    path = tmp_path / "index"
    process = subprocess.Popen(
        [sys.executable, "-c", writer, str(path), str(Path(__file__).parent)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(20):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    said = 20 + len(process.communicate()[0].split())
    with FingerprintIndex(path) as index:
        assert said <= len(index) <= said + 1
        assert index._base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for seed in range(0, len(index), 4):
            assert index.search(recording(seed))[0].name == str(seed)
        marks = sum(len(landmarks(recording(seed))[0]) for seed in range(len(index)))
        assert index._base.execute("SELECT count(*) FROM landmarks").fetchone() == (marks,)


def test_a_file_that_is_something_else_is_refused_and_kept(tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("these are words, not an index, and there are enough of them to be no empty file" * 20)
    with pytest.raises(BadDataFile, match="not a fingerprint index"):
        FingerprintIndex(words)
    assert words.read_text().startswith("these are words")
    other = tmp_path / "other"
    with sqlite3.connect(other) as base:
        base.execute("CREATE TABLE songs (name TEXT)")
    with pytest.raises(BadDataFile, match="not a fingerprint index"):
        FingerprintIndex(other)


def test_an_index_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="cannot use the index"):
        FingerprintIndex(tmp_path / "no such folder" / "index")
    with pytest.raises(CannotWrite, match="cannot use the index"):
        FingerprintIndex(tmp_path)


def test_an_impossible_threshold_is_refused(shelf: FingerprintIndex) -> None:
    with pytest.raises(OutOfRange, match="threshold is 2"):
        shelf.search(recording(1), threshold=2)


def test_copies_form_groups_with_the_longest_first() -> None:
    index = FingerprintIndex()
    index.add(
        Entry("song.flac", recording(1), 112.0),
        Entry("song.mp3", damaged(recording(1), 0.05), 111.9),
        Entry("late.ogg", damaged(recording(1)[81:], 0.05), 102.0),
        Entry("other.flac", recording(2), 112.0),
        Entry("other.wav", recording(2), 112.0),
        Entry("alone.flac", recording(3), 90.0),
        Entry("elsewhere.flac", recording(3), 90.0),
    )
    groups = duplicates(index, [name for name in index.names() if name != "elsewhere.flac"])
    assert [[copy.name for copy in group] for group in groups] == [
        ["song.flac", "song.mp3", "late.ogg"],
        ["other.flac", "other.wav"],
    ]
    first, _, late = groups[0]
    assert (first.similarity, first.offset_s) == (1, 0)
    assert late.offset_s == pytest.approx(81 * CODE_S)
    assert late.similarity == pytest.approx(0.9, abs=0.02)


def test_a_third_file_joins_two_that_are_too_different() -> None:
    index = FingerprintIndex()
    middle = recording(4)
    index.add(Entry("b", middle), Entry("a", damaged(middle, 0.1, 1)), Entry("c", damaged(middle, 0.1, 2)))
    assert compare(damaged(middle, 0.1, 1), damaged(middle, 0.1, 2)).similarity < 0.7
    groups = duplicates(index, ["a", "b", "c"])
    assert [{copy.name for copy in group} for group in groups] == [{"a", "b", "c"}]


def test_silent_files_are_no_copies_of_each_other() -> None:
    index = FingerprintIndex()
    index.add(*(Entry(name, np.full(300, SILENT, np.uint32), 40.0) for name in "ab"))
    assert duplicates(index, "ab") == []
