"""Creating calls that may be repeated: with an `Idempotency-Key` the second creates nothing and hears the same."""

from collections.abc import Callable
from typing import Any, Final

import orjson
from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from sonicforge.api.front import front_of
from sonicforge.api.who import address
from sonicforge.library import idempotency

REPLAYED: Final = "idempotent-replayed"


async def once(
    request: Request,
    operation: str,
    key: str | None,
    question: BaseModel,
    create: Callable[[Session], BaseModel],
    *,
    status: int = 201,
) -> Response:
    """Create in one change of the library, and keep the answer under the key if there is one.

    A key belongs to an operation and to where the caller sits. Raises `OtherQuestion` for a key that came with another
    body, `BadInput` for one that cannot be.
    """
    front = front_of(request)
    scope = f"{operation} {front.signer.veiled('key', address(request))}"
    asked = question.model_dump(mode="json") | {"query": sorted(request.query_params.multi_items())}

    def change(session: Session) -> tuple[int, dict[str, Any], bool]:
        known = None if key is None else idempotency.answered(session, scope, key, asked)
        if known is not None:
            return known.status, dict(known.answer), True
        told = create(session).model_dump(mode="json")
        if key is not None:
            idempotency.keep(session, scope, key, asked, status=status, answer=told)
        return status, told, False

    code, told, again = await front.desk.write(change)
    return answer(told, code, {REPLAYED: "true"} if again else {})


def answer(told: Any, status: int, headers: dict[str, str]) -> Response:
    """Plain values as a JSON response."""
    return Response(orjson.dumps(told), status, headers, "application/json")
