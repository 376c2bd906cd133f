"""Tracks: a real take goes in whole and comes out as it was; approval, retirement and deletion keep their rules."""

import shutil
from pathlib import Path

import orjson
import pytest
from shelf import shelve, take

from sonicforge.cli.generate import make
from sonicforge.errors import BadDataFile, Conflict, NotFound
from sonicforge.genres.concept import Concept
from sonicforge.library import events, queue, tracks, votes
from sonicforge.library.database import Database
from sonicforge.library.objects import Objects
from sonicforge.library.stored import store
from sonicforge.sound.files import read
from sonicforge.sound.loudness import measure


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a real take of ten seconds, with stems."""
    out = tmp_path_factory.mktemp("takes")
    make(Concept(genre="ambient", mood=("calm",), seed=3, length_s=10.0), out, stems=True)
    return next(out.iterdir())


def test_a_take_goes_in_whole(database: Database, objects: Objects, folder: Path) -> None:
    with database.write() as session:
        track = tracks.add_take(session, objects, folder, approved=True, now=5.0)
    with database.read() as session:
        facts = tracks.facts(session, track.id)
    assert folder.name.endswith(track.id)
    assert facts.track == track
    assert (track.genre, track.moods, track.seed, track.added_at) == ("ambient", ("calm",), 3, 5.0)
    audio = read(folder / "track.flac")
    assert track.duration_s == pytest.approx(audio.duration_s, abs=1e-3)
    assert track.lufs == pytest.approx(measure(audio).integrated, abs=0.05)
    written = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert {file.name for file in facts.files} == set(written)
    for file in facts.files:
        assert objects.path(file.hash).read_bytes() == written[file.name].read_bytes()
        assert file.bytes == written[file.name].stat().st_size
    assert facts.verdict == orjson.loads(written["verdict.json"].read_bytes())
    assert Concept.from_json(facts.track.concept) == Concept.from_json(
        orjson.loads(written["concept.json"].read_bytes())
    )


def test_bar_lines_count_from_the_first_sample_of_the_file(objects: Objects, folder: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    shutil.copytree(folder, cut)
    master = orjson.loads((cut / "master.json").read_bytes())
    plain = store(objects, folder)
    master["decision"]["start"] += 4800
    (cut / "master.json").write_bytes(orjson.dumps(master))
    moved = store(objects, cut)
    assert [b - a for a, b in zip(moved.barlines.bars_s, plain.barlines.bars_s, strict=True)] == pytest.approx(
        [0.1] * len(plain.barlines.bars_s)
    )


def test_adding_a_take_twice_is_adding_it_once(database: Database, objects: Objects, folder: Path) -> None:
    with database.write() as session:
        first = tracks.add_take(session, objects, folder, approved=False)
        again = tracks.add_take(session, objects, folder, approved=True)
        assert len(events.after(session, 0, kinds=["track.added"])) == 1
    assert first.id == again.id
    assert again.approved


@pytest.mark.parametrize("name", ["track.flac", "concept.json", "score.json", "verdict.json", "master.json"])
def test_a_take_with_a_file_missing_is_refused(
    database: Database, objects: Objects, folder: Path, tmp_path: Path, name: str
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / name).unlink()
    with pytest.raises(BadDataFile, match=name), database.write() as session:
        tracks.add_take(session, objects, broken, approved=True)
    with database.read() as session:
        assert not tracks.best_of(session)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("concept.json", b"{"),
        ("concept.json", b'{"genre": 7}'),
        ("score.json", b"[]"),
        ("verdict.json", b'{"score": null}'),
        ("master.json", b'{"decision": {}, "measures": {}}'),
        ("master.json", b'{"measures": {"integrated": -9, "true_peak": -1, "duration_s": 9}}'),
    ],
)
def test_a_take_with_a_broken_file_is_refused(
    database: Database, objects: Objects, folder: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / name).write_bytes(content)
    with pytest.raises(BadDataFile), database.write() as session:
        tracks.add_take(session, objects, broken, approved=True)


def test_only_approved_and_rested_tracks_are_the_best(database: Database) -> None:
    good, better, _ = shelve(database, [take(1, score=8.6), take(2, score=9.5), take(3, genre="ambient")])
    shelve(database, [take(4, score=10.0)], approved=False)
    with database.write() as session:
        assert [track.id for track in tracks.best_of(session, genres=["lofi_hiphop"])] == [better.id, good.id]
        tracks.retire(session, better.id, because="three listeners skipped it", now=9.0)
        assert [track.id for track in tracks.best_of(session, genres=["lofi_hiphop"])] == [good.id]
        assert tracks.get(session, better.id).retired_because == "three listeners skipped it"
        assert not tracks.best_of(session, genres=["lofi_hiphop"], not_played_since=0.0)
        assert tracks.reinstate(session, better.id).state == "ready"
        assert tracks.best_of(session, limit=1)[0].id == better.id


def test_retiring_takes_a_track_out_of_queues(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        queue.add(session, "main", track.id)
        tracks.retire(session, track.id, because="tired of it")
        assert queue.listing(session, "main") == ()


def test_a_deleted_track_is_gone_with_all_that_hangs_on_it(database: Database, objects: Objects) -> None:
    first, second = shelve(database, [take(1, moods=("calm",)), take(2)])
    with database.write() as session:
        votes.like(session, first.id, "anna")
        queue.add(session, "main", first.id)
        tracks.delete(session, first.id)
        with pytest.raises(NotFound, match=first.id):
            tracks.facts(session, first.id)
        with pytest.raises(NotFound):
            tracks.file(session, first.id)
        assert tracks.files(session, first.id) == ()
        assert votes.of_listener(session, "anna", [first.id]) == {}
        assert tracks.used_hashes(session) == {tracks.file(session, second.id).hash}


def test_a_track_that_the_tower_holds_cannot_be_deleted(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        queue.add(session, "main", track.id)
        queue.take_next(session, "main")
        with pytest.raises(Conflict, match="about to be played on main"):
            tracks.delete(session, track.id)


def test_space_goes_first_where_it_is_missed_least(database: Database) -> None:
    loved, plain, retired, queued = shelve(database, [take(number) for number in range(1, 5)])
    with database.write() as session:
        votes.like(session, loved.id, "anna")
        votes.skip(session, "main", 0, "anna", plain.id)
        tracks.retire(session, retired.id, because="old")
        queue.add(session, "main", queued.id)
        assert [track.id for track in tracks.least_worthy(session)] == [retired.id, plain.id, loved.id]


def test_shared_files_count_once(database: Database) -> None:
    shelve(database, [take(1), take(2)])
    with database.read() as session:
        assert tracks.bytes_used(session) == 1001 + 1002


def test_a_file_that_a_track_lacks_is_said(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.read() as session:
        assert tracks.file(session, track.id).media_type == "audio/flac"
        for name in ("stems/bass.flac", "../../etc/passwd", ""):
            with pytest.raises(NotFound):
                tracks.file(session, track.id, name)
