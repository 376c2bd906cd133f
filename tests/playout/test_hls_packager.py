"""HLS as it lies on disk: every rule is kept, renditions agree to the sample, and nothing tears at the borders."""

from pathlib import Path

import av
import m3u8
import numpy as np
import pytest
from hls_reading import Folder, media_of
from hls_rules import Watch, check
from hls_station import EPOCH_UTC, PAIR, SEGMENT, block, heard, item, packager, play, programme

from sonicforge.playout.block import BLOCK, RATE, Block, Mark
from sonicforge.playout.outputs.hls.renditions import RENDITIONS, chosen

FIRST = 10 * SEGMENT


@pytest.fixture(scope="module")
def aired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds of the whole ladder, ended properly."""
    folder = tmp_path_factory.mktemp("hls")
    station = packager(folder, *RENDITIONS)
    play(station, FIRST, 62 * 7)
    station.close()
    return folder


def test_every_rule_is_kept(aired: Path) -> None:
    assert check(Folder(aired)) == []


def test_an_outside_parser_reads_the_same(aired: Path) -> None:
    master = m3u8.load(str(aired / "master.m3u8"))
    assert [variant.stream_info.codecs for variant in master.playlists] == ["mp4a.40.2"] * 4 + ["fLaC"]
    media = m3u8.load(str(aired / "aac64" / "index.m3u8"))
    assert media.target_duration == 6
    assert [segment.duration for segment in media.segments] == [5.952] * 7
    assert media.segments[0].program_date_time.timestamp() == pytest.approx(EPOCH_UTC + FIRST / RATE, abs=1e-3)
    assert media.segments[0].dateranges[0].id == f"track-{FIRST + 17}"


def test_lossless_is_the_programme_to_24_bit(aired: Path) -> None:
    sound = heard(aired / "flac" / "index.m3u8")
    assert sound.shape[1] == 7 * SEGMENT
    assert np.abs(sound - programme(FIRST, 7 * SEGMENT)).max() <= 1.01 / (1 << 23)


@pytest.mark.parametrize("name", ["aac64", "aac128", "aac192", "aac320"])
def test_aac_lies_on_the_programme_and_has_no_seam_at_segment_borders(aired: Path, name: str) -> None:
    sound = heard(aired / name / "index.m3u8")
    assert sound.shape[1] == 7 * SEGMENT
    error = (sound - programme(FIRST, 7 * SEGMENT))[:, 2048:]
    assert 20 * np.log10(np.sqrt(np.mean(error**2)) / 0.23) < -25.0
    pieces = np.sqrt(np.mean(error[:, : len(error[0]) // 512 * 512].reshape(2, -1, 512) ** 2, axis=(0, 2)))
    borders = [(n * SEGMENT - 2048) // 512 + shift for n in range(1, 7) for shift in (-1, 0, 1)]
    assert pieces[borders].max() <= np.quantile(pieces, 0.99) * 1.05


def test_one_tone_goes_through_a_border_without_losing_phase(aired: Path) -> None:
    """A lost or doubled sample would turn a 331.7 Hz tone by 2.5 degrees; here it may turn by a tenth of that."""
    sound = heard(aired / "aac320" / "index.m3u8")[1]
    t = np.arange(SEGMENT // 2) / RATE
    wave = np.exp(-2j * np.pi * 331.7 * t) * np.hanning(len(t))
    turns = []
    for number in range(1, 7):
        before, after = number * SEGMENT - len(t), number * SEGMENT
        step = np.exp(-2j * np.pi * 331.7 * len(t) / RATE)
        turns.append(np.angle(np.dot(sound[after : after + len(t)], wave) * step / np.dot(sound[before:after], wave)))
    assert np.degrees(np.abs(turns)).max() < 0.25


def test_a_start_between_the_lines_makes_one_short_segment_and_then_keeps_to_the_grid(tmp_path: Path) -> None:
    station = packager(tmp_path)
    play(station, FIRST + 7 * BLOCK, 62 * 6)
    for name in ("aac64", "flac"):
        media = media_of(name, (tmp_path / name / "index.m3u8").read_text())
        assert [listed.duration for listed in media.segments] == [(SEGMENT - 4 * PAIR) / RATE] + [5.952] * 5
    assert check(Folder(tmp_path), settled=False) == []


def test_a_block_that_is_missing_ends_in_a_discontinuity_on_all_renditions(tmp_path: Path) -> None:
    station = packager(tmp_path)
    end = play(station, FIRST, 62 * 4 + 21)
    play(station, end + 5 * BLOCK, 62 * 3)
    station.close()
    assert check(Folder(tmp_path)) == []
    media = media_of("flac", (tmp_path / "flac" / "index.m3u8").read_text())
    broken = next(listed for listed in media.segments if listed.broken)
    assert broken.date == pytest.approx(EPOCH_UTC + (end + 5 * BLOCK) / RATE, abs=0.2)
    sound = heard(tmp_path / "flac" / "index.m3u8")
    after = round((broken.date - EPOCH_UTC) * RATE)
    before = sound.shape[1] - round(sum(one.duration for one in media.segments if one.number >= broken.number) * RATE)
    assert np.abs(sound[:, before : before + SEGMENT // 4] - programme(after, SEGMENT // 4)).max() < 1e-6


def test_a_station_that_slept_tells_the_true_time(tmp_path: Path) -> None:
    station = packager(tmp_path)
    end = play(station, FIRST, 62 * 2)
    later = end + 3600 * RATE // PAIR * PAIR
    for index in range(62 * 2):
        station.feed(block(later + index * BLOCK, gap=index == 0))
    assert check(Folder(tmp_path), settled=False) == []
    media = media_of("flac", (tmp_path / "flac" / "index.m3u8").read_text())
    assert [listed.date for listed in media.segments if listed.broken] == [EPOCH_UTC + later / RATE]


def test_a_clock_set_back_never_turns_the_dates_back(tmp_path: Path) -> None:
    station = packager(tmp_path)
    for index in range(62 * 6):
        late = 7200.0 if index > 62 * 3 else 0.0
        at = FIRST + index * BLOCK
        station.feed(block(at, utc=EPOCH_UTC + at / RATE - late))
    media = media_of("flac", (tmp_path / "flac" / "index.m3u8").read_text())
    dates = [listed.date or 0.0 for listed in media.segments]
    assert np.diff(dates) == pytest.approx(5.952, abs=2e-3)


def test_the_window_slides_by_the_rules(tmp_path: Path) -> None:
    """Three minutes with a window of one minute, looked at all the time: numbers, deletion, bytes, cadence, breaks."""
    station, watch, looks = packager(tmp_path, "aac64", window_s=60.0), Watch(Folder(tmp_path)), 0
    at = FIRST
    for index in range(62 * 36):
        gap = index in (62 * 9 + 5, 62 * 18 + 40)
        at += 10 * BLOCK * gap
        marks = (Mark(0, "track", item(name=f"id{index}")),) if index % 400 == 0 else ()
        station.feed(block(at, marks=marks, gap=gap))
        at += BLOCK
        if index % 20 == 19 and index > 62 * 2:
            watch.look(EPOCH_UTC + at / RATE, settled=index > 62 * 8, newest=3)
            looks += 1
    assert [str(violation) for violation in watch.found] == []
    assert looks > 90
    media = media_of("aac64", (tmp_path / "aac64" / "index.m3u8").read_text())
    assert 60.0 <= sum(listed.duration for listed in media.segments) < 66.0
    assert media.number("EXT-X-DISCONTINUITY-SEQUENCE") == 2
    assert len(list((tmp_path / "aac64").glob("*.m4s"))) < 30


def test_hostile_titles_stay_inside_their_quotes(tmp_path: Path) -> None:
    title = 'a "b"\r\n#EXT-X-ENDLIST\n\x00' + "🎵" * 70_000
    station = packager(tmp_path, "aac64")
    station.feed(Block(FIRST, EPOCH_UTC, programme(FIRST), (Mark(0, "track", item(title)),)))
    play(station, FIRST + BLOCK, 62 * 2, track_every=10_000)
    text = (tmp_path / "aac64" / "index.m3u8").read_text()
    assert "\n#EXT-X-ENDLIST" not in text
    told = media_of("aac64", text).ranges[0]["X-TITLE"]
    assert told.startswith("a ”b” #EXT-X-ENDLIST 🎵")
    assert len(told) == 200
    assert m3u8.loads(text).segments[0].dateranges[0].id == f"track-{FIRST}"


def test_what_sounds_is_told_from_mark_to_mark(tmp_path: Path) -> None:
    station = packager(tmp_path, "aac64")
    marks = {
        3: Mark(0, "track", item("One", name="one")),
        40: Mark(96, "bridge", item("Two", name="two"), left=item("One", name="one")),
        70: Mark(0, "track", item("Two", name="two"), 12.5),
    }
    for index in range(62 * 3):
        at = FIRST + index * BLOCK
        station.feed(block(at, marks=(marks[index],) if index in marks else ()))
    ranges = media_of("aac64", (tmp_path / "aac64" / "index.m3u8").read_text()).ranges
    assert [words["CLASS"] for words in ranges] == ["sonicforge.track", "sonicforge.bridge", "sonicforge.track"]
    assert [words.get("END-DATE") for words in ranges[:2]] == [words["START-DATE"] for words in ranges[1:]]
    assert ranges[1]["X-FROM"] == "one"
    assert ranges[2]["X-AT"] == "12.500"
    assert float(ranges[2]["PLANNED-DURATION"]) == 167.5
    assert "END-DATE" not in ranges[2]


@pytest.mark.parametrize("first", [0, 40 * 365 * 86_400 * RATE // SEGMENT * SEGMENT])
def test_the_first_sample_of_an_epoch_and_one_after_forty_years_can_be_aired(tmp_path: Path, first: int) -> None:
    station = packager(tmp_path)
    for index in range(62 * 2):
        at = first + index * BLOCK
        marks = (Mark(0, "track", item()),) if not index else ()
        station.feed(block(at, marks=marks, utc=EPOCH_UTC + index * BLOCK / RATE))
    station.close()
    assert check(Folder(tmp_path), settled=False) == []
    with av.open(str(tmp_path / "aac64" / "index.m3u8"), options={"live_start_index": "0"}) as source:
        assert next(source.demux(audio=0)).size


def test_renditions_are_checked_by_name() -> None:
    from sonicforge.errors import BadInput, UnknownName

    with pytest.raises(UnknownName, match="aac65"):
        chosen(["aac65"])
    with pytest.raises(BadInput, match="AAC"):
        chosen(["flac"])
    assert [one.name for one in chosen("flac, aac64,aac128")] == ["aac128", "aac64", "flac"]
