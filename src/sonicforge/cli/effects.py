"""`sonicforge effects`: every processor with what can be set on it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sonicforge.effects.parameter import Choice, Effect, Parameter

_RATE = 48_000


def effects(
    name: Annotated[str | None, typer.Argument(help="Show one effect in detail.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the effects, or show one with its parameters, ranges, units and what both ends sound like."""
    from sonicforge.cli.words import print_json
    from sonicforge.effects.catalogue import catalogue, effect

    rows = [effect(name)] if name is not None else [row for _, row in sorted(catalogue().items())]
    if as_json:
        told = [facts(row) for row in rows]
        print_json(told[0] if name is not None else {"effects": told})
    elif name is not None:
        _show(rows[0])
    else:
        _list(rows)


def facts(row: "Effect") -> dict[str, Any]:
    """A row of the catalogue as `--json` prints it."""
    return {
        "name": row.name,
        "summary": row.summary,
        "parameters": [_parameter_facts(parameter) for parameter in row.parameters],
        "latency_samples": row.build(sample_rate=_RATE).latency,
        "sample_rate": _RATE,
        "noisy": row.noisy,
        "source": row.source,
    }


def _parameter_facts(parameter: "Parameter | Choice") -> dict[str, Any]:
    from sonicforge.effects.parameter import Choice

    if isinstance(parameter, Choice):
        return {"name": parameter.name, "options": list(parameter.options), "default": parameter.default}
    return {
        "name": parameter.name,
        "low": parameter.low,
        "high": parameter.high,
        "default": parameter.default,
        "unit": parameter.unit,
        "low_is": parameter.low_is,
        "high_is": parameter.high_is,
    }


def _list(rows: "list[Effect]") -> None:
    from rich.table import Table

    from sonicforge.cli.words import people

    table = Table(box=None, header_style="bold")
    for heading in ("name", "what it does", "can be set"):
        table.add_column(heading)
    for row in rows:
        table.add_row(row.name, row.summary, ", ".join(parameter.name for parameter in row.parameters))
    people().print(table)


def _show(row: "Effect") -> None:
    from rich.table import Table

    from sonicforge.cli.words import people

    told, console = facts(row), people()
    late = told["latency_samples"]
    console.print(f"[bold]{row.name}[/bold]: {row.summary}")
    console.print(f"latency {late} samples ({1000 * late / _RATE:.1f} ms) at 48 kHz" if late else "no latency")
    if row.noisy:
        console.print("sounds even when nothing comes in")
    table = Table(box=None, header_style="bold")
    for heading in ("parameter", "range", "default", "low is", "high is"):
        table.add_column(heading)
    for parameter in told["parameters"]:
        if "options" in parameter:
            table.add_row(parameter["name"], " | ".join(parameter["options"]), parameter["default"], "", "")
        else:
            reach = f"{parameter['low']:g} .. {parameter['high']:g} {parameter['unit']}".strip()
            sounds = parameter["low_is"], parameter["high_is"]
            table.add_row(parameter["name"], reach, f"{parameter['default']:g}", *sounds)
    console.print(table)
    if row.source:
        console.print(f"after {row.source}", soft_wrap=True, markup=False)
