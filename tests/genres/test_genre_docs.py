"""`docs/genre-files.md` says what the loader accepts."""

import re
from pathlib import Path

import pytest

from sonicforge.genres import schema
from sonicforge.genres.check import DO, OUT
from sonicforge.genres.load import load, names
from sonicforge.genres.patch import KEYS as PATCH_KEYS
from sonicforge.genres.shape import Record

PAGE = (Path(__file__).parents[2] / "docs" / "genre-files.md").read_text()
RECORDS = [shape for shape in vars(schema).values() if isinstance(shape, Record)]


def tokens_of(table: str) -> list[str]:
    """Backticked tokens in the first column of the table whose head begins so."""
    rows = PAGE[PAGE.index(table) :].split("\n\n")[0].splitlines()[2:]
    found = [token for row in rows for token in re.findall(r"`([^`]+)`", row.split("|")[1])]
    return [token.replace("NAME", "verse") for token in found]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: next(iter(record.fields)))
def test_every_key_is_on_the_page(record: Record) -> None:
    assert [key for key in record.fields if not re.search(rf"\b{key}\b", PAGE)] == []


def test_every_patch_key_is_on_the_page() -> None:
    assert [key for key in PATCH_KEYS if not re.search(rf"`{key}\b", PAGE)] == []


def test_every_automation_token_on_the_page_is_accepted_and_none_is_missing() -> None:
    tokens = tokens_of("| `do` token")
    kinds = {kind for kind, pattern in DO.items() for token in tokens if re.fullmatch(pattern, token)}
    assert kinds == set(DO)
    assert all(any(re.fullmatch(pattern, token) for pattern in DO.values()) for token in tokens)


def test_every_transition_on_the_page_is_accepted() -> None:
    assert all(re.fullmatch(OUT, token) for token in tokens_of("| `out` token"))


def test_every_identity_key_in_use_is_on_the_page() -> None:
    used = {key for name in names() for key in load(name).identity}
    assert [key for key in sorted(used) if f"`{key}" not in PAGE] == []
