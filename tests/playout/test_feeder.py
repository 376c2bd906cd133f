"""The feeder keeps blocks in hand, and where the disk is too slow the bed sounds instead of nothing."""

import time
from threading import Event

import numpy as np
from on_air import item

from sonicforge.playout.block import BLOCK, Mark
from sonicforge.playout.feeder import DEPTH, KEPT, Feeder
from sonicforge.playout.state import Sounding
from sonicforge.playout.tape import Pull, Tape
from sonicforge.sound.audio import Samples


class Gate(Tape):
    """A tape of numbered blocks that can be held up, or made to fail once."""

    def __init__(self) -> None:
        self.open = Event()
        self.open.set()
        self.number = 0
        self.error: Exception | None = None
        self.taken_back: Samples | None = None
        self.failed = False

    def read(self) -> Pull:
        self.open.wait(20)
        error, self.error = self.error, None
        if error is not None:
            raise error
        samples = np.full((2, BLOCK), self.number, np.float32)
        self.number += 1
        sounding = Sounding("track", item("Piece"), self.number * BLOCK / 48_000)
        marks = (Mark(0, "track", sounding.item),) if self.number == 1 else ()
        return Pull(samples, marks, sounding)

    def skip(self, unread: Samples, why: str) -> bool:
        self.taken_back = unread
        return True

    def fail(self) -> None:
        self.failed = True


def until(what: object) -> None:
    end = time.monotonic() + 20
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_reads_ahead_but_not_without_end() -> None:
    tape = Gate()
    feeder = Feeder(tape, fault=lambda _words: None)
    feeder.start()
    until(lambda: tape.number == DEPTH)
    time.sleep(0.6)
    assert tape.number == DEPTH
    assert [float(feeder.take().samples[0, 0]) for _ in range(DEPTH)] == list(range(DEPTH))
    feeder.close()


def test_a_tape_that_is_late_is_the_bed_until_it_is_back() -> None:
    tape, faults = Gate(), list[str]()
    feeder = Feeder(tape, fault=faults.append)
    feeder.start()
    until(lambda: tape.number == DEPTH)
    tape.open.clear()
    pulls = [feeder.take() for _ in range(DEPTH + 20)]
    bed = pulls[DEPTH]
    assert bed.marks[0].item.id == "bed"
    assert all(0 < np.abs(pull.samples).max() < 1 for pull in pulls[DEPTH + 1 :])
    assert [len(pull.marks) for pull in pulls[DEPTH + 1 :]] == [0] * 19
    tape.open.set()
    until(lambda: tape.number > DEPTH + 1)
    back = feeder.take()
    assert back.marks[0].item.title == "Piece"
    assert back.samples[0, 0] == 0
    assert back.samples[0, -1] == DEPTH
    assert len(faults) == 1
    feeder.close()


def test_a_tape_that_throws_goes_on_with_something_else() -> None:
    tape, faults = Gate(), list[str]()
    feeder = Feeder(tape, fault=faults.append)
    feeder.start()
    until(lambda: tape.number == DEPTH)
    tape.error = RuntimeError("broken")
    for _ in range(DEPTH):
        feeder.take()
    until(lambda: tape.failed)
    until(lambda: tape.number > DEPTH)
    assert faults == ["the programme failed: broken"]
    feeder.close()


def test_a_skip_gives_back_what_was_read_but_is_not_due_yet() -> None:
    tape = Gate()
    feeder = Feeder(tape, fault=lambda _words: None)
    feeder.start()
    until(lambda: tape.number == DEPTH)
    feeder.take()
    feeder.skip("enough")
    until(lambda: tape.taken_back is not None)
    assert tape.taken_back is not None
    numbers = tape.taken_back[0, ::BLOCK].tolist()
    assert numbers == list(range(KEPT + 1, DEPTH))
    feeder.close()
