"""Warming up reaches everything that has kernels, so that nobody waits for a compiler later."""

import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from numba.core.caching import IndexDataCacheFile

from sonicforge.cli.warmup import compiled, families, take_turns, warmup
from sonicforge.effects.catalogue import catalogue
from sonicforge.errors import OutOfRange
from sonicforge.genres.load import names
from sonicforge.workshop.warmup import warm_up

COLD = """
import sys
from numba.core import event
from sonicforge.workshop.warmup import warm_up
with event.install_recorder("numba:compile") as compiled:
    warm_up(sys.argv[1])
print(len(compiled.buffer))
"""


def test_every_genre_and_effect_is_a_family_once() -> None:
    found = [name for _, name in families()]
    assert len(found) == len(set(found))
    assert {*names(), *catalogue(), "a whole track", "analysis", "mastering", "fingerprints"} == set(found)


@pytest.mark.parametrize("family", sorted(catalogue()))
def test_every_effect_warms_up(family: str) -> None:
    warm_up(family)


@pytest.mark.parametrize("family", ["analysis", "mastering", "fingerprints"])
def test_what_is_warm_compiles_nothing_in_the_next_process(family: str) -> None:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", COLD, family], capture_output=True, text=True, check=True, timeout=300
        )
    assert int(done.stdout) == 0


def test_kernels_that_are_saved_at_the_same_time_are_all_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("save", "load"):
        monkeypatch.setattr(IndexDataCacheFile, name, getattr(IndexDataCacheFile, name))
    take_turns(multiprocessing.get_context("spawn").RLock())
    keys = [f"signature {number}" for number in range(60)]

    def save(key: str) -> None:
        IndexDataCacheFile(str(tmp_path), "kernel", "stamp").save(key, f"code of {key}")

    with ThreadPoolExecutor(8) as hands:
        list(hands.map(save, keys))
    kernels = IndexDataCacheFile(str(tmp_path), "kernel", "stamp")
    assert [kernels.load(key) for key in keys] == [f"code of {key}" for key in keys]


def test_several_processes_share_the_work() -> None:
    waiting = [("workshop", "gain"), ("workshop", "fingerprints"), ("workshop", "width")]
    assert sorted(compiled(waiting, 2)) == ["fingerprints", "gain", "width"]


@pytest.mark.parametrize("processes", [0, 5, -1])
def test_a_number_of_processes_out_of_range_is_refused(processes: int) -> None:
    with pytest.raises(OutOfRange, match=f"processes is {processes}, but must be between 1 and 4"):
        warmup(processes)
