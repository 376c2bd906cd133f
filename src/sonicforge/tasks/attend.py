"""Answering listeners: every new wish is understood and answered soon, whatever the worker is making."""

import logging
from pathlib import Path

from sonicforge.errors import Busy, CannotWrite
from sonicforge.library import requests, stations
from sonicforge.library.database import Database
from sonicforge.library.values import Request
from sonicforge.tasks.ask import answer
from sonicforge.tasks.model import ChatModel
from sonicforge.tasks.understand import understand

log = logging.getLogger(__name__)


def attend(database: Database, now: float, *, genre_folder: Path | None = None, model: ChatModel | None = None) -> int:
    """Answer all wishes that nobody has answered yet, oldest first; returns how many.

    The words are understood outside of any transaction, because a chat model may take seconds. Raises `Busy` or
    `CannotWrite`; then what is left is answered the next time.
    """
    with database.read() as session:
        waiting = [
            wish
            for station in stations.listing(session)
            for wish in requests.unfinished(session, station.id)
            if wish.state == "new"
        ]
    for wish in waiting:
        _answer(database, wish, now, genre_folder, model)
    return len(waiting)


def _answer(database: Database, wish: Request, now: float, folder: Path | None, model: ChatModel | None) -> None:
    try:
        heard = understand(wish.text, seed=wish.id, genre_folder=folder, model=model)
        with database.write() as session:
            told = answer(session, wish, heard, now=now, genre_folder=folder)
        log.info("%s: %r was answered: %s", wish.station, wish.text, told.answer)
    except (Busy, CannotWrite):
        raise
    except Exception:
        log.exception("request %d met a bug", wish.id)
        with database.write() as session:
            requests.change(session, wish.id, state="failed", answer="Something went wrong with this wish, sorry.")
