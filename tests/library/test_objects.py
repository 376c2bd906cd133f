"""Objects: named by their content, whole or not there, swept when nobody speaks of them."""

import errno
import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from sonicforge.errors import BadInput, CannotWrite, NotFound
from sonicforge.library.objects import Objects


def old(objects: Objects, name: str) -> None:
    os.utime(objects.path(name), (0, 0))


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "objects")


def test_the_name_is_the_hash_of_the_content(objects: Objects, tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_bytes(b"sound" * 500_000)
    name = objects.put(file)
    assert name == hashlib.blake2b(file.read_bytes(), digest_size=32).hexdigest() == objects.put(file.read_bytes())
    assert objects.path(name).read_bytes() == file.read_bytes()
    assert objects.path(name).relative_to(objects.folder).parts == (name[:2], name)
    assert list(objects.names()) == [name]
    assert objects.intact(name)
    assert objects.disk().bytes == len(file.read_bytes())


def test_a_rotten_object_is_noticed(objects: Objects) -> None:
    name = objects.put(b"sound")
    objects.path(name).write_bytes(b"sounb")
    assert not objects.intact(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "ab", "AB" * 32, "ab" * 32 + "/", "ab" * 31 + "\n" + "b"])
def test_what_is_no_hash_reaches_no_file(objects: Objects, name: str) -> None:
    with pytest.raises(BadInput):
        objects.path(name)


def test_what_is_not_there_is_said(objects: Objects) -> None:
    with pytest.raises(NotFound):
        objects.path("ab" * 32)
    assert "ab" * 32 not in objects
    objects.delete("ab" * 32)


def test_a_full_disk_leaves_nothing_behind(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = objects.put(b"before")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match="disk is full"):
        objects.put(b"after")
    assert [path.name for path in objects.folder.rglob("*") if path.is_file()] == [kept]


def test_a_sweep_takes_what_nobody_uses_and_is_old(objects: Objects) -> None:
    used, unused, fresh = (objects.put(content) for content in (b"used", b"unused", b"fresh"))
    old(objects, used)
    old(objects, unused)
    swept = objects.sweep(lambda: {used})
    assert (swept.objects, swept.bytes) == (1, len(b"unused"))
    assert sorted(objects.names()) == sorted([used, fresh])


def test_putting_an_old_object_again_saves_it_from_the_sweep(objects: Objects) -> None:
    name = objects.put(b"again")
    old(objects, name)
    assert objects.put(b"again") == name
    assert objects.sweep(set).objects == 0
    assert name in objects


def test_an_object_put_in_the_middle_of_a_sweep_survives(objects: Objects) -> None:
    name = objects.put(b"again")
    old(objects, name)

    def used() -> set[str]:
        objects.put(b"again")
        return set()

    assert objects.sweep(used).objects == 0
    assert objects.intact(name)


def test_sweeps_and_puts_at_once_never_lose_what_was_put(objects: Objects) -> None:
    stop = threading.Event()

    def sweep() -> None:
        while not stop.is_set():
            objects.sweep(set)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for i in range(200):
            name = objects.put(bytes([i % 4]))
            for _ in range(1000):
                if name in objects:
                    break
            assert objects.intact(name)
            with suppress(OSError):
                os.utime(objects.folder / name[:2] / name, (0, 0))
    finally:
        stop.set()
        sweeper.join()


def test_leftovers_of_killed_processes_go_and_what_was_half_deleted_comes_back(objects: Objects) -> None:
    name = objects.put(b"kept")
    half = objects.folder / ".part-123-abc"
    half.write_bytes(b"half")
    trash = objects.folder / f".trash-0011-{name}"
    objects.path(name).rename(trash)
    for path in (half, trash):
        os.utime(path, (0, 0))
    assert objects.sweep(lambda: {name}).leftovers == 2
    assert objects.intact(name)
    assert not half.exists()
    assert not trash.exists()
