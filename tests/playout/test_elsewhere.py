"""A joint made by another process is the one that would be made here, and its troubles are words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_station import piece

from sonicforge.errors import UnreadableAudio
from sonicforge.playout import elsewhere
from sonicforge.playout.joining import joints

pytestmark = pytest.mark.slow


def test_another_process_makes_the_same_joints(tmp_path: Path) -> None:
    out, into = piece(tmp_path, "one", seconds=30.0), piece(tmp_path, "two", hertz=330.0, seconds=30.0)
    here = list(joints(out, into, 0.0))
    there = list(elsewhere.joints_elsewhere(out, into, 0.0))
    assert len(here) == len(there) >= 1
    for mine, other in zip(here, there, strict=True):
        assert (mine.leaves_out_at_s, mine.enters_in_at_s) == (other.leaves_out_at_s, other.enters_in_at_s)
        assert np.array_equal(mine.samples, other.samples)


def test_a_missing_file_is_told_with_its_reason(tmp_path: Path) -> None:
    out = piece(tmp_path, "one")
    with pytest.raises(UnreadableAudio, match="nowhere"):
        list(elsewhere.joints_elsewhere(out, replace(out, path=tmp_path / "nowhere.flac"), 0.0))


def test_a_process_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "COMMAND", (elsewhere.sys.executable, "-c", "raise SystemExit(7)"))
    out = piece(tmp_path, "one")
    with pytest.raises(UnreadableAudio, match="the DJ's process ended"):
        list(elsewhere.joints_elsewhere(out, out, 0.0))
