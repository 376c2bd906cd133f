"""A stream made by a thread of its own, a little ahead of whoever takes from it."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

DEPTH = 2


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items in the same order; `DEPTH` of them wait ready. What `items` raises is raised where it stood."""
    end = object()
    with ThreadPoolExecutor(1) as maker:
        waiting: deque[Future[object]] = deque(maker.submit(next, items, end) for _ in range(DEPTH))
        try:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(maker.submit(next, items, end))
                yield item  # type: ignore[misc]  # only `end` is not an item
        finally:
            for one in waiting:
                one.cancel()
            if hasattr(items, "close"):
                maker.submit(items.close)
