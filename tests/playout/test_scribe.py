"""Small files are replaced whole, the newest value wins, and a disk that refuses stops nobody."""

import json
from pathlib import Path

from sonicforge.playout.scribe import Scribe
from sonicforge.playout.state import write_json


def test_the_newest_value_is_in_the_file(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path, fault=lambda _words: None)
    scribe.start()
    for number in range(500):
        scribe.write(outputs_state={"number": number})
    scribe.close()
    assert json.loads((tmp_path / "outputs-state.json").read_text()) == {"number": 499}
    assert [path.name for path in tmp_path.iterdir()] == ["outputs-state.json"]


def test_where_no_new_file_can_be_made_the_old_one_is_written_over_and_told_once(tmp_path: Path) -> None:
    faults: list[str] = []
    write_json(tmp_path / "now.json", {"words": "x" * 900})
    (tmp_path / ".now.json.part").mkdir()
    scribe = Scribe(tmp_path, fault=faults.append)
    for number in range(3):
        scribe.write(now={"number": number})
        assert json.loads((tmp_path / "now.json").read_text()) == {"number": number}
    assert len(faults) == 1


def test_a_folder_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "gone", fault=lambda _words: None)
    scribe.write(now={})
    scribe.close()
    assert not (tmp_path / "gone").exists()
