"""Titles of any kind are one safe line in ICY, and ICY bytes leave the sound as it was."""

from hypothesis import given, settings
from hypothesis import strategies as st
from on_air import item

from sonicforge.playout.outputs.icy import METAINT, Interleaver
from sonicforge.playout.outputs.titles import ICY_MOST, announced, icy_block, one_line


def unwoven(stream: bytes) -> tuple[bytes, list[str]]:
    """Sound and titles of an ICY stream, read as a player does."""
    sound, titles, at = b"", [], 0
    while at < len(stream):
        sound += stream[at : at + METAINT]
        at += METAINT
        if at < len(stream):
            length = stream[at] * 16
            if length:
                text = stream[at + 1 : at + 1 + length].rstrip(b"\0").decode()
                titles.append(text.removeprefix("StreamTitle='").partition("';")[0])
            at += 1 + length
    return sound, titles


@given(st.text(max_size=400), st.integers(0, 300))
def test_a_line_is_one_line_within_its_bytes(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line.encode()) <= most
    assert not set(line) & set("\n\r\0\x1b\u2028\u2029")
    assert line == line.strip()


def test_line_breaks_become_spaces_and_letters_are_never_cut() -> None:
    assert one_line("A\r\nB\tC") == "A B C"
    assert one_line("🎵🎵🎵", 7) == "🎵"
    assert announced(item("Tin\nRoof", "The\0Rain")) == "The Rain - Tin Roof"
    assert announced(item("Tin Roof", "")) == "Tin Roof"


@given(st.text(max_size=5000))
def test_an_icy_block_has_the_length_it_says_and_ends_where_players_look(title: str) -> None:
    block = icy_block(title)
    assert len(block) == 1 + 16 * block[0]
    text = block[1:].rstrip(b"\0").decode()
    assert text.startswith("StreamTitle='")
    assert text.endswith("';")
    assert "';" not in text[13:-2]


def test_64_kilobytes_of_title_are_cut_to_what_icy_can_say() -> None:
    assert len(icy_block("🎵" * 16_384)) <= 1 + ICY_MOST


@settings(deadline=None)
@given(st.lists(st.integers(0, 40_000), max_size=12))
def test_weaving_leaves_the_sound_as_it_was_for_any_split(sizes: list[int]) -> None:
    sound = bytes(number * 37 % 256 for number in range(sum(sizes)))
    weaver, stream, at = Interleaver(), b"", 0
    for size in sizes:
        stream += b"".join(weaver.weave(sound[at : at + size], "Rain 🎵"))
        at += size
    heard, titles = unwoven(stream)
    assert heard == sound
    assert titles == (["Rain 🎵"] if len(sound) >= METAINT else [])


def test_a_title_is_told_once_for_each_change() -> None:
    weaver = Interleaver()
    stream = b"".join(b"".join(weaver.weave(bytes(METAINT), title)) for title in ("a", "a", "b", "b", "a"))
    assert unwoven(stream)[1] == ["a", "b", "a"]
