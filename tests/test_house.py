"""The house stands as drawn: who may import whom, every data file loads, every command is in the docs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "sonicforge"
DOCS = Path(__file__).parent.parent / "docs"

SOUND = {"errors", "chance", "sound"}
GROUND = SOUND | {"music", "effects", "analysis", "genres"}
ROOMS = {"compose", "synth", "mix", "master", "critic"}
HALL_VALUES = {"studio", "critic", "genres"}
DOORS = GROUND | HALL_VALUES | {"workshop", "library", "settings"}

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
    "workshop": GROUND | ROOMS,
    "library": GROUND | HALL_VALUES,
    "playout": GROUND,
    "tasks": DOORS | {"playout"},
    "api": DOORS | {"tasks"},
    "settings": set(),
}
"""Top-level part -> the parts it may import besides itself. Gate and roof may import everything."""

FREE = {"cli", "roof", "__init__", "__main__"}
ENTRIES = {PACKAGE / "playout" / "__main__.py"}
"""Where the roof hands a process its door to the world."""


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
    if part in FREE or path in ENTRIES:
        return
    foreign = imported_parts(path) - {part, "__version__"} - MAY_IMPORT[part]
    assert not foreign, f"{part} must not import {sorted(foreign)}"


def test_the_tower_needs_no_database() -> None:
    tower = [path for path in FILES if part_of(path) == "playout"]
    assert not [path for path in tower if "sqlalchemy" in path.read_text()]


def test_help_waits_for_no_database_web_server_or_codec() -> None:
    code = "import sys, sonicforge.cli.app; print({'sqlalchemy', 'alembic', 'fastapi', 'av'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told.strip() == "set()"


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


PARTS = {
    "Chain": "holds processors",
    "Processor": "is the face itself",
    "SpectralRepair": "needs boxes of time and frequency, which are no parameters",
}
"""Classes with the face of a processor that are no effect of their own, with the reason."""


def processors(path: Path) -> set[str]:
    """Public classes of a file that have `reset()` and `process(block)`."""

    def wears_the_face(node: ast.ClassDef) -> bool:
        methods = {part.name: part.args for part in node.body if isinstance(part, ast.FunctionDef)}
        if node.name.startswith("_") or not {"reset", "process"} <= set(methods):
            return False
        needed = methods["process"]
        return len(needed.args) - len(needed.defaults) == 2

    return {
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and wears_the_face(node)
    }


def test_every_processor_is_in_the_catalogue() -> None:
    """A module with a row is listed; a module without one holds no processor but those that another's row makes."""
    from sonicforge.effects.catalogue import _MODULES

    effects = PACKAGE / "effects"
    modules = {".".join(path.relative_to(effects).with_suffix("").parts): path for path in effects.rglob("*.py")}
    texts = {name: path.read_text() for name, path in modules.items()}
    with_rows = {name for name, text in texts.items() if "\nEFFECT = " in text or "\nEFFECTS = " in text}
    assert with_rows == set(_MODULES)
    rows = "\n".join(texts[name] for name in with_rows)
    orphans = {
        cls
        for name in set(modules) - with_rows
        for cls in processors(modules[name])
        if cls not in PARTS and cls not in rows
    }
    assert not orphans, f"processors without a row in the catalogue: {sorted(orphans)}"
