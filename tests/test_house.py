"""The house stands as drawn: who may import whom, every data file loads, every command is in the docs."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "sonicforge"
DOCS = Path(__file__).parent.parent / "docs"

SOUND = {"errors", "chance", "sound"}
GROUND = SOUND | {"music", "effects", "analysis", "genres"}
ROOMS = {"compose", "synth", "mix", "master", "critic"}
HALL_VALUES = {"studio", "critic", "genres"}

MAY_IMPORT = {
    "errors": set(),
    "chance": set(),
    "music": {"errors", "chance"},
    "sound": {"errors", "chance"},
    "effects": SOUND,
    "analysis": SOUND | {"music"},
    "genres": {"errors", "chance", "music"},
    **dict.fromkeys(ROOMS, GROUND),
    "studio": GROUND | ROOMS,
    "library": GROUND | HALL_VALUES,
    "settings": set(),
}
"""Top-level part -> the parts it may import besides itself. Gate and roof may import everything."""

FREE = {"cli", "__init__", "__main__"}


def part_of(path: Path) -> str:
    """The room a file belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_parts(path: Path) -> set[str]:
    """Parts of the package that a file imports anywhere in its text."""
    parts = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "sonicforge" else [f"sonicforge.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        parts |= {name.split(".")[1] for name in names if name.startswith("sonicforge.")}
    return parts


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_what_its_floor_may(path: Path) -> None:
    part = part_of(path)
    if part in FREE:
        return
    foreign = imported_parts(path) - {part, "__version__"} - MAY_IMPORT[part]
    assert not foreign, f"{part} must not import {sorted(foreign)}"


def test_every_part_of_the_package_has_a_floor() -> None:
    assert {part_of(path) for path in FILES} <= set(MAY_IMPORT) | FREE


def test_no_file_has_a_drawer_name() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "core", "manager"}
    assert not [path for path in FILES if path.stem in drawers]


def test_every_command_is_in_the_docs() -> None:
    from sonicforge.cli.app import app

    text = (DOCS / "commands.md").read_text()
    missing = [command.name for command in app.registered_commands if f"sonicforge {command.name}" not in text]
    assert not missing


def test_every_genre_file_loads() -> None:
    from sonicforge.genres.load import load, names

    assert len(names()) >= 16
    for name in names():
        assert load(name).name == name
