"""Health: what is heard counts, and what nobody tells is red."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Caller

from sonicforge.playout.outputs.output import OutputState


def told(**changed: Any) -> dict[str, Any]:
    state = OutputState("hls", "hls", "on", 1000.0, level_lufs=-16.0, bytes_taken=10**6)
    return state.to_json() | changed


def write(data: Path, *states: dict[str, Any], age_s: float = 0.0, text: str = "") -> None:
    path = data / "air" / "main" / "outputs-state.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or json.dumps(list(states)))
    os.utime(path, (time.time() - age_s,) * 2)


@pytest.mark.parametrize(
    ("changed", "health"),
    [
        ({}, "green"),
        ({"silent_s": 12.0}, "red"),
        ({"frozen_s": 30.0}, "red"),
        ({"state": "failed", "detail": "connection refused"}, "red"),
        ({"state": "connecting"}, "amber"),
        ({"level_lufs": None}, "amber"),
    ],
)
def test_an_output_is_judged_by_what_is_heard_of_it(
    call: Caller, data: Path, changed: dict[str, Any], health: str
) -> None:
    write(data, told(**changed))
    answer = call.get("/api/v1/health").json()
    assert answer["health"] == health
    assert answer["outputs"][0]["health"] == health
    assert bool(answer["why"]) == (health != "green")


def test_a_station_is_as_its_worst_output(call: Caller, data: Path) -> None:
    write(data, told(), told(name="tube", kind="rtmp", state="waiting", detail="refused"))
    answer = call.get("/api/v1/health").json()
    assert (answer["health"], answer["why"]) == ("amber", "tube: refused")
    assert [output["name"] for output in call.get("/api/v1/outputs").json()] == ["hls", "tube"]


@pytest.mark.parametrize("age_s", [6.0, 3600.0, -60.0])
def test_what_was_told_at_another_time_is_red(call: Caller, data: Path, age_s: float) -> None:
    write(data, told(), age_s=age_s)
    answer = call.get("/api/v1/health").json()
    assert answer["health"] == "red"
    assert [output["health"] for output in answer["outputs"]] == ["red"]


@pytest.mark.parametrize("text", ["{", "null", '"on"', "[1]", '{"outputs": 3}', "[]", '[{"silent_s": "long"}]'])
def test_what_cannot_be_read_is_red_and_no_fault(call: Caller, data: Path, text: str) -> None:
    write(data, text=text)
    answer = call.get("/api/v1/health")
    assert (answer.status_code, answer.json()["health"]) == (200, "red")


def test_without_a_tower_the_station_is_red_and_the_server_ready(call: Caller) -> None:
    assert call.get("/api/v1/health").json()["why"] == "the tower is not running"
    assert call.get("/api/v1/health/ready").json()["ready"]
