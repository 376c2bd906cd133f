"""The OpenAPI document says what the server does: a client is generated from it."""

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Caller

from sonicforge.api.examples import EXAMPLES
from sonicforge.library.values import Track

WITHOUT_EXAMPLE = {"remove_from_queue", "delete_track", "explain_next", "list_stems", "list_sessions"}


@pytest.fixture
def contract(still: Caller) -> dict[str, Any]:
    return dict(still.get("/api/v1/openapi.json").json())


def operations(contract: dict[str, Any]) -> dict[str, dict[str, Any]]:
    methods = {"get", "put", "post", "patch", "delete"}
    return {
        operation["operationId"]: operation | {"path": path, "method": method}
        for path, told in contract["paths"].items()
        for method, operation in told.items()
        if method in methods
    }


def misfits(value: Any, schema: dict[str, Any], contract: dict[str, Any], where: str = "") -> list[str]:
    """Where a value breaks a schema, as far as these schemas go."""
    if "$ref" in schema:
        schema = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        tries = [misfits(value, option, contract, where) for option in schema["anyOf"]]
        return min(tries, key=len)
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int}
    kind = schema.get("type")
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        return [f"{where}: {value!r} is no number"]
    if kind in kinds and not isinstance(value, kinds[kind]):
        return [f"{where}: {value!r} is no {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    faults = []
    if isinstance(value, dict):
        faults += [f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value]
        known = schema.get("properties")
        if known is not None and not schema.get("additionalProperties"):
            faults += [f"{where}.{name} is unknown" for name in value if name not in known]
        for name, part in value.items():
            faults += misfits(part, (known or {}).get(name, {}), contract, f"{where}.{name}")
    if isinstance(value, list):
        for part in value:
            faults += misfits(part, schema.get("items", {}), contract, f"{where}[]")
    return faults


def test_every_operation_has_a_name_words_and_the_form_of_its_errors(contract: dict[str, Any]) -> None:
    known = operations(contract)
    assert len(known) >= 40
    assert len(known) == sum(len(path.keys() - {"parameters"}) for path in contract["paths"].values())
    for name, operation in known.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
        assert operation["description"].strip(), name
        assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert "HTTPValidationError" not in str(contract)


def test_every_answer_has_an_example_that_fits_its_schema(contract: dict[str, Any]) -> None:
    known = operations(contract)
    assert set(EXAMPLES) <= set(known)
    for name, operation in known.items():
        code = next(code for code in sorted(operation["responses"]) if code.startswith("2"))
        content = operation["responses"][code].get("content", {}).get("application/json", {})
        if name in WITHOUT_EXAMPLE or "schema" not in content or content["schema"].get("format") == "binary":
            continue
        assert "example" in content, name
        assert not misfits(content["example"], content["schema"], contract, name)


def test_real_answers_fit_their_schemas(call: Caller, contract: dict[str, Any], shelf: list[Track]) -> None:
    call.post("/api/v1/queue", json={"track": shelf[0].id})
    call.post("/api/v1/requests", json={"text": "play Song 3"})
    call.post("/api/v1/generations", json={"text": "calm piano"})
    asked = 0
    for name, operation in operations(contract).items():
        path = operation["path"].replace("{track_id}", shelf[0].id).replace("{station_id}", "main")
        path = re.sub(r"\{(generation|request)_id\}", "1", path)
        content = operation["responses"].get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if operation["method"] != "get" or "{" in path or schema is None or schema.get("format") == "binary":
            continue
        answer = call.get(path)
        assert answer.status_code == 200, (name, answer.text)
        assert not misfits(answer.json(), schema, contract, name)
        asked += 1
    assert asked >= 18


def test_owner_calls_are_marked_as_such(contract: dict[str, Any]) -> None:
    marked = {name for name, operation in operations(contract).items() if operation.get("security")}
    assert {
        "skip",
        "add_to_queue",
        "change_queue_item",
        "remove_from_queue",
        "set_outputs",
        "say",
        "cancel_generation",
    } <= marked
    assert not marked & {"vote", "create_request", "get_now_playing", "vote_to_skip"}


def test_every_call_is_in_the_docs(contract: dict[str, Any]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    for operation in operations(contract).values():
        assert f"`{operation['method'].upper()} {operation['path'].removeprefix('/api/v1')}`" in text
