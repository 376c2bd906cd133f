"""News, orders and items go through the door once it opens, and nothing is lost while it does not."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from small_station import ListDoor, piece

from sonicforge.errors import Busy, Conflict
from sonicforge.playout.courier import BEST_FILE, NEWS_FILE, Courier
from sonicforge.playout.door import Door, News, Order
from sonicforge.playout.spool import Spool


class Time:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def courier(
    folder: Path,
    door: ListDoor,
    *,
    obey: Callable[[Order], str | None] = lambda _order: "done",
    clock: Callable[[], float] | None = None,
    faults: list[str] | None = None,
    opens: Callable[[], Door] | None = None,
    inline: bool = True,
) -> Courier:
    heard = [] if faults is None else faults
    return Courier(folder, opens or (lambda: door), obey=obey, fault=heard.append, clock=clock or Time(), inline=inline)


def news(number: int) -> News:
    return News("began", number * 4608, 1e9 + number, {"item": {"id": f"t{number}", "title": "Ёж\nи 🦔"}})


def test_news_come_in_order_and_the_spool_empties(tmp_path: Path) -> None:
    door = ListDoor()
    walker = courier(tmp_path, door)
    for number in range(250):
        walker.tell(news(number))
    walker.turn()
    assert door.news == [news(number) for number in range(250)]
    assert not (tmp_path / NEWS_FILE).exists()


def test_news_of_a_killed_tower_are_told_by_the_next(tmp_path: Path) -> None:
    door = ListDoor()
    door.fails = lambda: Busy("held")
    walker = courier(tmp_path, door)
    for number in range(5):
        walker.tell(news(number))
        walker.turn()
    with (tmp_path / NEWS_FILE).open("a") as file:
        file.write('{"kind": "began", "posi')
    door.fails = lambda: None
    again = courier(tmp_path, door)
    again.tell(news(5))
    again.turn()
    assert door.news == [news(number) for number in range(6)]


def test_a_failing_door_is_left_alone_for_longer_and_longer(tmp_path: Path) -> None:
    door, time, calls, faults = ListDoor(), Time(), list[float](), list[str]()

    def failing() -> Exception:
        calls.append(time.s)
        return Busy("held")

    door.fails = failing
    walker = courier(tmp_path, door, clock=time, faults=faults)
    walker.tell(news(1))
    for _ in range(1200):
        walker.turn()
        time.s += 0.1
    waits = [b - a for a, b in itertools.pairwise(calls)]
    assert waits[0] == pytest.approx(1.0, abs=0.2)
    assert max(waits) == pytest.approx(30.0, abs=0.2)
    assert faults == ["Busy: held"]


def test_an_order_is_obeyed_once_though_the_door_forgets_it(tmp_path: Path) -> None:
    door, obeyed = ListDoor(), list[int]()
    door.left = [Order(3, "skip", {})]

    def obey(order: Order) -> str:
        obeyed.append(order.number)
        door.fails = lambda: Busy("held just now")
        return "done"

    time = Time()
    walker = courier(tmp_path, door, obey=obey, clock=time)
    walker.turn()
    assert door.outcomes == {}
    door.fails = lambda: None
    time.s = 100.0
    walker.turn()
    assert obeyed == [3]
    assert door.outcomes == {3: "done"}


def test_a_refused_order_is_answered_and_a_later_one_still_obeyed(tmp_path: Path) -> None:
    door = ListDoor()
    door.left = [Order(1, "outputs", {}), Order(2, "skip", {})]

    def obey(order: Order) -> str:
        if order.number == 1:
            raise Conflict("two outputs are called 'a'")
        return "done"

    courier(tmp_path, door, obey=obey).turn()
    assert door.outcomes == {1: "refused: two outputs are called 'a'", 2: "done"}


def test_an_order_that_has_to_wait_keeps_its_place(tmp_path: Path) -> None:
    door, ready = ListDoor(), list[bool]()
    door.left = [Order(1, "reload", {}), Order(2, "skip", {})]
    walker = courier(tmp_path, door, obey=lambda order: "done" if ready else None)
    walker.turn()
    assert door.outcomes == {}
    ready.append(True)
    walker.turn()
    assert list(door.outcomes) == [1, 2]


def test_an_item_that_came_too_late_is_the_next_answer(tmp_path: Path) -> None:
    from threading import Event

    item = piece(tmp_path, "late")
    slow, may = ListDoor([item]), Event()

    def waits() -> None:
        may.wait(10)

    slow.fails = waits  # type: ignore[assignment]
    walker = courier(tmp_path, slow, inline=False)
    walker.start()
    assert walker.fetch(0.05) is None
    may.set()
    fetched = None
    while fetched is None:
        fetched = walker.fetch(0.5)
    assert fetched == item
    walker.close()


def test_the_best_survive_in_a_file(tmp_path: Path) -> None:
    best = [piece(tmp_path, "a"), piece(tmp_path, "b")]
    courier(tmp_path, ListDoor(best=best)).turn()
    assert courier(tmp_path, ListDoor()).best == tuple(best)
    (tmp_path / BEST_FILE).write_text(json.dumps([{"id": "broken"}]))
    assert courier(tmp_path, ListDoor()).best == ()


def test_a_spool_on_a_disk_that_refuses_keeps_the_newest_in_memory(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "missing" / "news.jsonl")
    spool.add([news(number) for number in range(3)])
    assert spool.oldest() == [news(number) for number in range(3)]
    spool.told()
    assert spool.oldest() == []


def test_a_spool_passes_over_what_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    path.write_bytes(b'\xff\xfe\n{}\n[1]\nnull\n"x"\n')
    spool = Spool(path)
    spool.add([news(1)])
    assert spool.oldest() == [news(1)]
    spool.told()
    assert spool.oldest() == []
