"""Fair rules for wishes: how many a listener has, what part of the queue they take, and whose turn it is.

Listeners take turns: everybody's first waiting wish comes before anybody's second one, in the order of asking. Between
wishes stands enough of the programme that they make up no more than the station's share.
"""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from sonicforge.library import plays, queue, requests, stations
from sonicforge.library.programme import Programme
from sonicforge.library.values import QueueItem, Request
from sonicforge.tasks.situation import rest_s

HOUR_S: Final = 3600.0
MOST_OPEN: Final = 40
"""Wishes of all listeners that a station has in hand; more would wait for hours."""


def refusal(session: Session, wish: Request, rules: Programme, now: float) -> str:
    """Why a listener's new wish cannot be taken, in words; empty when it can."""
    if rules.requests_share <= 0 or rules.requests_per_hour == 0:
        return "This station takes no requests."
    lately = requests.count_since(session, wish.listener, now - HOUR_S, station=wish.station)
    if lately > rules.requests_per_hour:
        most = rules.requests_per_hour
        return f"You asked for {most} piece{'s' if most > 1 else ''} within the last hour; please let others ask too."
    if len(requests.unfinished(session, wish.station, limit=MOST_OPEN + 1)) > MOST_OPEN:
        return f"{MOST_OPEN} wishes are waiting already; please ask again in a while."
    return ""


def place_for(session: Session, station: str, listener: str) -> int:
    """The place in the queue that the next wish of a listener may have."""
    rules = stations.get(session, station).programme
    waiting = queue.listing(session, station)
    last = [item for item in queue.taken(session, station) if item.source == "request"]
    return fair_place(waiting, _owners(session, waiting), listener, rules.requests_share, after_wish=bool(last))


def fair_place(
    waiting: Sequence[QueueItem], owners: dict[int, str], listener: str, share: float, *, after_wish: bool = False
) -> int:
    """The place (0 is next) of a wish of `listener` among what waits.

    `owners` tells whose wish an item is, `share` 0..1 the part that wishes may take; `after_wish` says that the item
    before the queue was a wish too.
    """
    rounds: Counter[str] = Counter()
    own_round = sum(owner == listener for owner in owners.values())
    after = 0
    for item in waiting:
        if item.id in owners:
            if rounds[owners[item.id]] <= own_round:
                after = item.place + 1
            rounds[owners[item.id]] += 1
    between = _between(share, len(waiting))
    if after or after_wish:
        after += _gap(waiting[after:], owners, between)
    return min(after, len(waiting))


def spread(session: Session, station: str, *, now: float) -> None:
    """Move wishes back where too few of the programme's pieces stand between them; nothing else changes its order."""
    waiting = queue.listing(session, station)
    between = _between(stations.get(session, station).programme.requests_share, len(waiting))
    fetched = queue.taken(session, station)
    wishes = [item.request_id is not None for item in waiting]
    places = spread_places(wishes, between, after_wish=bool(fetched) and fetched[-1].request_id is not None)
    for item, place in reversed([pair for pair in zip(waiting, places, strict=True) if pair[0].request_id is not None]):
        if item.place != place:
            queue.move(session, item.id, place, now=now)


def spread_places(wishes: Sequence[bool], between: int, *, after_wish: bool = False) -> list[int]:
    """The place of each item when wishes keep `between` others between them as long as there are any.

    `after_wish` says that a wish comes just before.
    """
    left = {True: deque(n for n, wish in enumerate(wishes) if wish)}
    left[False] = deque(n for n, wish in enumerate(wishes) if not wish)
    places, since = [0] * len(wishes), 0 if after_wish else between
    for place in range(len(wishes)):
        due = bool(left[True]) and left[True][0] <= place and since >= between
        wish = due or not left[False]
        places[left[wish].popleft()] = place
        since = 0 if wish else since + 1
    return places


def wait_s(session: Session, station: str, place: int, now: float) -> float:
    """Seconds until what has this place in the queue is heard, as far as is known."""
    played = plays.listing(session, station, kinds=("track",), limit=1).items
    before = (*queue.taken(session, station), *queue.listing(session, station)[:place])
    return rest_s(session, played, now) + sum(item.track.duration_s for item in before)


def _gap(behind: Sequence[QueueItem], owners: dict[int, str], between: int) -> int:
    """How many items of the programme come first; a wish that follows ends the gap, for it brings its own."""
    others = 0
    for item in behind[:between]:
        if item.id in owners:
            break
        others += 1
    return others


def _between(share: float, most: int) -> int:
    return round((1.0 - share) / share) if share > 0 else most


def _owners(session: Session, waiting: Sequence[QueueItem]) -> dict[int, str]:
    return {item.id: requests.get(session, item.request_id).listener for item in waiting if item.request_id is not None}
