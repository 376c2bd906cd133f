"""AMF0, the values of RTMP commands: numbers, booleans, texts, objects, null (Adobe, AMF 0 specification, 2007)."""

import struct
from collections.abc import Mapping
from typing import Any

_NUMBER, _BOOLEAN, _TEXT, _OBJECT, _NULL, _END = 0, 1, 2, 3, 5, 9
_MOST_DEPTH = 16


def encoded(*values: Any) -> bytes:
    """The values one after another. Texts may have up to 65,535 bytes."""
    return b"".join(map(_value, values))


def decoded(data: bytes) -> list[Any]:
    """All values in `data`; raises ValueError for what is no AMF0."""
    values: list[Any] = []
    at = 0
    try:
        while at < len(data):
            value, at = _read(data, at, 0)
            values.append(value)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"broken AMF0: {error}") from error
    return values


def _value(value: Any) -> bytes:
    match value:
        case bool():
            return bytes([_BOOLEAN, value])
        case int() | float():
            return bytes([_NUMBER]) + struct.pack(">d", value)
        case str():
            return bytes([_TEXT]) + _short(value)
        case None:
            return bytes([_NULL])
        case Mapping():
            fields = b"".join(_short(name) + _value(field) for name, field in value.items())
            return bytes([_OBJECT]) + fields + b"\0\0" + bytes([_END])
    raise TypeError(f"AMF0 has no {type(value).__name__}")


def _short(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def _read(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > _MOST_DEPTH:
        raise ValueError("AMF0 nested too deep")
    kind, at = data[at], at + 1
    match kind:
        case 0:
            return struct.unpack_from(">d", data, at)[0], at + 8
        case 1:
            return bool(data[at]), at + 1
        case 2:
            return _read_text(data, at, ">H")
        case 12:
            return _read_text(data, at, ">I")
        case 5 | 6:
            return None, at
        case 11:
            return struct.unpack_from(">d", data, at)[0], at + 10
        case 3:
            return _read_fields(data, at, depth)
        case 8:
            return _read_fields(data, at + 4, depth)
        case 10:
            return _read_list(data, at, depth)
    raise ValueError(f"AMF0 value of unknown kind {kind}")


def _read_text(data: bytes, at: int, length: str) -> tuple[str, int]:
    (size,) = struct.unpack_from(length, data, at)
    start = at + struct.calcsize(length)
    if start + size > len(data):
        raise ValueError("AMF0 text is cut off")
    return data[start : start + size].decode(), start + size


def _read_fields(data: bytes, at: int, depth: int) -> tuple[dict[str, Any], int]:
    fields: dict[str, Any] = {}
    while True:
        name, at = _read_text(data, at, ">H")
        if not name and data[at] == _END:
            return fields, at + 1
        fields[name], at = _read(data, at, depth + 1)


def _read_list(data: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    (count,) = struct.unpack_from(">I", data, at)
    at += 4
    values = []
    for _ in range(min(count, len(data))):
        value, at = _read(data, at, depth + 1)
        values.append(value)
    return values, at
