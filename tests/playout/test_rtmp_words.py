"""RTMP's own forms: AMF0 values, chunks and FLV tags, there and back and broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonicforge.errors import BadInput, OutOfRange
from sonicforge.playout.outputs import amf
from sonicforge.playout.outputs.rtmp import Target
from sonicforge.playout.outputs.rtmp_chunks import CHUNK, SET_CHUNK, Inbound, chunks
from sonicforge.playout.outputs.srt import SrtTarget

_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.lists(_VALUES, max_size=5))
def test_amf_values_come_back(values: list[object]) -> None:
    assert amf.decoded(amf.encoded(*values)) == values


@given(st.binary(max_size=200))
def test_rubbish_is_refused_and_never_anything_worse(data: bytes) -> None:
    try:
        amf.decoded(data)
    except ValueError:
        return


_MESSAGES = st.tuples(
    st.integers(2, 60), st.integers(7, 20), st.binary(min_size=1, max_size=3000), st.integers(0, 2**32 - 1)
)


@given(st.lists(_MESSAGES, max_size=6), st.integers(1, 997))
def test_messages_come_back_for_any_split(messages: list[tuple[int, int, bytes, int]], piece: int) -> None:
    wire = chunks(2, SET_CHUNK, 0, CHUNK.to_bytes(4, "big"))
    wire += b"".join(chunks(stream, kind, 1, body, at_ms) for stream, kind, body, at_ms in messages)
    inbound, heard = Inbound(), []
    for start in range(0, len(wire), piece):
        inbound.add(wire[start : start + piece])
        heard += inbound.messages()
    assert heard == [(kind, body) for _, kind, body, _ in messages]


def test_a_long_message_is_cut_into_chunks_and_put_together_again() -> None:
    body = bytes(range(256)) * 800
    inbound = Inbound()
    inbound.add(chunks(2, SET_CHUNK, 0, CHUNK.to_bytes(4, "big")) + chunks(6, 9, 1, body, 0x1234567))
    assert inbound.messages() == [(9, body)]


def test_a_message_without_end_is_refused() -> None:
    inbound = Inbound()
    inbound.add(chunks(3, 20, 0, b"x")[:4] + (1 << 23).to_bytes(3, "big") + bytes(20))
    with pytest.raises(ConnectionError, match="8388608"):
        inbound.messages()


def test_addresses_are_read_and_keys_are_not_shown() -> None:
    target = Target.from_url("rtmps://live.example.org/app/part/secret?backup=1")
    assert (target.port, target.app, target.key) == (443, "app/part", "secret?backup=1")
    assert "secret" not in target.shown
    assert target.app_url == "rtmps://live.example.org/app/part"
    called = SrtTarget.from_url("srt://h:9000?streamid=a/b&passphrase=0123456789&latency=200")
    assert (called.stream_id, called.passphrase, called.latency_ms) == ("a/b", "0123456789", 200)


@pytest.mark.parametrize("url", ["rtmp://host/app", "rtmp://host", "http://host/app/key", "rtmp:///app/key"])
def test_addresses_without_a_key_or_host_are_refused(url: str) -> None:
    with pytest.raises(BadInput):
        Target.from_url(url)


@pytest.mark.parametrize(
    "url", ["srt://h", "srt://h:1?mode=listener", "srt://h:1?latency=5", "srt://h:1?passphrase=short"]
)
def test_impossible_calls_are_refused(url: str) -> None:
    with pytest.raises((BadInput, OutOfRange)):
        SrtTarget.from_url(url)
