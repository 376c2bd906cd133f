"""Answers to creating calls, kept by the caller's key, so that a repetition creates nothing and hears the same.

Look and keep in one `write()` together with what is created: writers take turns, so of two equal calls at once the
second finds the answer of the first.
"""

import hashlib
import time
from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import delete
from sqlalchemy.orm import Session

from sonicforge.errors import Conflict
from sonicforge.library.page import deleted
from sonicforge.library.tables import AnswerRow
from sonicforge.library.text import identity
from sonicforge.library.values import Answer

KEPT_S: Final = 7 * 86_400.0


class OtherQuestion(Conflict):
    """The same key was used for another call."""


def answered(session: Session, scope: str, key: str, question: object) -> Answer | None:
    """What the call of this key was answered, None if it is new.

    `scope` is who asks and what for, `question` the call's content as JSON values. Raises `OtherQuestion` when the key
    came with another question before, `BadInput` for a bad key.
    """
    row = session.get(AnswerRow, (scope, identity("Idempotency-Key", key)))
    if row is None:
        return None
    if row.question != _mark(question):
        raise OtherQuestion(f"the key {key[:80]!r} was used for another request already; use a new one")
    return Answer(row.status, row.answer)


def keep(
    session: Session,
    scope: str,
    key: str,
    question: object,
    *,
    status: int,
    answer: Mapping[str, Any],
    now: float | None = None,
) -> Answer:
    """Remember an answer for the next call of this key."""
    row = AnswerRow(
        scope=scope,
        key=identity("Idempotency-Key", key),
        question=_mark(question),
        status=status,
        answer=dict(answer),
        at=time.time() if now is None else now,
    )
    session.add(row)
    session.flush()
    return Answer(status, row.answer)


def prune(session: Session, *, before: float) -> int:
    """Forget answers from before a time; at least `KEPT_S` ago is polite."""
    return deleted(session, delete(AnswerRow).where(AnswerRow.at < before))


def _mark(question: object) -> str:
    told = orjson.dumps(question, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(told, digest_size=16).hexdigest()
