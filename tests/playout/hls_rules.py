"""The rules that live HLS must keep, numbered R1 to R22, written from RFC 8216 and Apple's authoring specification.

`check(source)` looks at what is there now; a `Watch` looks again and again and also judges how things change. From a
shell: `python tests/playout/hls_rules.py FOLDER-or-URL [seconds]`.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from hls_reading import (
    Address,
    Folder,
    Listed,
    Media,
    Sound,
    Source,
    Variant,
    media_of,
    missing,
    second,
    sound_of,
    tags_of,
    variants_of,
)

RATE = 48_000
FRAME_S = 1024 / RATE


@dataclass(frozen=True)
class Violation:
    """A broken rule, where, and what was met."""

    rule: str
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.rule} {self.where}: {self.words}"


@dataclass(frozen=True)
class View:
    """Everything that is on air at one moment. `settled` is False while a new station has not filled its window."""

    source: Source
    master: str
    variants: list[Variant]
    media: list[Media]
    sounds: dict[str, list[Sound]]
    settled: bool

    def pairs(self) -> Iterator[tuple[Variant, Media]]:
        return zip(self.variants, self.media, strict=True)


Found = Iterator[tuple[str, str, str]]


def view(source: Source, master: str = "master.m3u8", *, settled: bool = True, newest: int | None = None) -> View:
    """Reads the playlists and looks into every listed segment, or only the `newest` ones."""
    text = source.get(master).decode()
    variants = variants_of(text)
    media = [media_of(variant.uri, source.get(variant.uri).decode()) for variant in variants]
    sounds = {}
    for one in media:
        base = one.name.rpartition("/")[0] + "/"
        chosen = one.segments[-newest:] if newest else one.segments
        sounds[one.name] = [
            sound_of(source.get(base + (listed.init or "")), source.get(base + listed.uri)) for listed in chosen
        ]
    return View(source, text, variants, media, sounds, settled)


def check(source: Source, master: str = "master.m3u8", *, settled: bool = True) -> list[Violation]:
    """Every broken rule of what is on air now; an empty list is a pass."""
    return violations(view(source, master, settled=settled))


def violations(seen: View) -> list[Violation]:
    return [Violation(*found) for rule in RULES for found in rule(seen)]


def r1_header(seen: View) -> Found:
    for name, text in [("master", seen.master), *((one.name, one.text) for one in seen.media)]:
        if text.splitlines()[:1] != ["#EXTM3U"]:
            yield "R1", name, f"first line is {text[:20]!r}"


def r2_version(seen: View) -> Found:
    for one in seen.media:
        versions = [int(value) for value in one.all("EXT-X-VERSION")]
        needed = 6 if one.all("EXT-X-MAP") else 3
        if len(versions) != 1 or versions[0] < needed:
            yield "R2", one.name, f"versions {versions}, needed once, at least {needed}"
    if len([tag for tag, _ in tags_of(seen.master) if tag == "EXT-X-VERSION"]) > 1:
        yield "R2", "master", "more than one version"


def r3_target(seen: View) -> Found:
    for one in seen.media:
        targets = one.all("EXT-X-TARGETDURATION")
        if len(targets) != 1 or not targets[0].isdigit():
            yield "R3", one.name, f"target durations {targets}"
            continue
        target = int(targets[0])
        if target != 6:
            yield "R3", one.name, f"target duration {target}, wanted 6"
        for listed in one.segments:
            if int(listed.duration + 0.5) > target or listed.duration > target + 0.5:
                yield "R3", f"{one.name} {listed.uri}", f"lasts {listed.duration}"


def r5_length(seen: View) -> Found:
    for one in seen.media if seen.settled else ():
        total = sum(listed.duration for listed in one.segments)
        if len(one.segments) < 6 or total < 3 * one.number("EXT-X-TARGETDURATION"):
            yield "R5", one.name, f"{len(one.segments)} segments of {total:.1f} s"


def r9_durations(seen: View) -> Found:
    for one, listed, sounds in _looked_into(seen):
        told = real = 0.0
        for segment, sound in zip(listed, sounds, strict=True):
            told += segment.duration
            real += (sound.end - sound.first) / RATE
            if abs(told - real) > FRAME_S:
                yield "R9", f"{one.name} {segment.uri}", f"EXTINF sum {told:.4f}, media {real:.4f}"


def r10_continuity(seen: View) -> Found:
    for one, listed, sounds in _looked_into(seen):
        for (segment, sound), before in zip(list(zip(listed, sounds, strict=True))[1:], sounds, strict=False):
            if not segment.broken and sound.first != before.end:
                yield (
                    "R10",
                    f"{one.name} {segment.uri}",
                    f"begins at {sound.first}, the one before ends at {before.end}",
                )


def r11_discontinuity(seen: View) -> Found:
    for one in seen.media:
        if len(one.all("EXT-X-DISCONTINUITY-SEQUENCE")) != 1:
            yield "R11", one.name, "no discontinuity sequence"
    breaks = {tuple(listed.number for listed in one.segments if listed.broken) for one in seen.media}
    counts = {one.number("EXT-X-DISCONTINUITY-SEQUENCE") for one in seen.media}
    if len(breaks) > 1 or len(counts) > 1:
        yield "R11", "renditions", f"differ in discontinuities {breaks} {counts}"


def r12_dates(seen: View) -> Found:
    for one in seen.media:
        if not one.segments or one.segments[0].date is None:
            yield "R12", one.name, "no program date at the first segment"
        for before, after in pairwise(one.segments):
            if before.date is None or after.date is None:
                continue
            off = after.date - before.date - before.duration
            if off < -0.002 or (off > 0.002 and not after.broken):
                yield "R12", f"{one.name} {after.uri}", f"program date is off by {off:.3f} s"
    for same in zip(*(one.segments for one in seen.media), strict=False):
        if len({listed.date for listed in same}) > 1:
            yield "R12", same[0].uri, f"renditions disagree on the date: {[listed.date for listed in same]}"


def r13_map(seen: View) -> Found:
    for one in seen.media:
        if any(listed.init is None for listed in one.segments):
            yield "R13", one.name, "fragmented MP4 without EXT-X-MAP"


def r14_alignment(seen: View) -> Found:
    shapes = {
        (
            one.number("EXT-X-TARGETDURATION"),
            one.number("EXT-X-MEDIA-SEQUENCE"),
            tuple(listed.duration for listed in one.segments),
        )
        for one in seen.media
    }
    if len(shapes) > 1:
        yield "R14", "renditions", "differ in target duration, numbers or segment lengths"
    for same in zip(*seen.sounds.values(), strict=False):
        firsts = [sound.first for sound in same]
        if max(firsts) - min(firsts) > 1024:
            yield "R14", "renditions", f"segments begin at {firsts}"


def r15_ranges(seen: View) -> Found:
    for one in seen.media:
        ids = [words.get("ID") for words in one.ranges]
        if len(set(ids)) != len(ids) or None in ids:
            yield "R15", one.name, f"date ranges without their own ids: {ids}"
        for words in one.ranges:
            if "START-DATE" not in words or not {"X-TITLE", "X-ITEM"} <= set(words):
                yield "R15", one.name, f"a date range without start, title or item: {words}"
            elif "END-DATE" in words and second(words["END-DATE"]) < second(words["START-DATE"]):
                yield "R15", one.name, f"{words['ID']} ends before it starts"
        if not one.ranges:
            yield "R15", one.name, "no date range tells what plays"


def r16_variants(seen: View) -> Found:
    names = {"aac": "mp4a.40.2", "flac": "fLaC"}
    for variant, one in seen.pairs():
        wanted = {"CODECS", "BANDWIDTH", "AVERAGE-BANDWIDTH"} - set(variant.words)
        if wanted:
            yield "R16", variant.uri, f"lacks {sorted(wanted)}"
            continue
        inside = {names[sound.codec] for sound in seen.sounds[one.name]}
        if inside != {variant.words["CODECS"]}:
            yield "R16", variant.uri, f"says {variant.words['CODECS']}, holds {inside}"
        if int(variant.words["AVERAGE-BANDWIDTH"]) > int(variant.words["BANDWIDTH"]):
            yield "R16", variant.uri, "average above peak"


def r17_rates(seen: View) -> Found:
    for variant, one in seen.pairs():
        rates = [(sound.size * 8, (sound.end - sound.first) / RATE) for sound in seen.sounds[one.name]]
        average = sum(bits for bits, _ in rates) / sum(seconds for _, seconds in rates)
        peak = max(bits / seconds for bits, seconds in rates)
        if average > 1.10 * int(variant.words.get("AVERAGE-BANDWIDTH", 0)):
            yield "R17", variant.uri, f"average {average:.0f} bit/s, told {variant.words.get('AVERAGE-BANDWIDTH')}"
        if peak > 1.25 * int(variant.words.get("BANDWIDTH", 0)):
            yield "R17", variant.uri, f"peak {peak:.0f} bit/s, told {variant.words.get('BANDWIDTH')}"


def r18_groups(seen: View) -> Found:
    groups = {part.split('"')[1] for part in seen.master.split("GROUP-ID=")[1:]}
    for variant in seen.variants:
        for kind in ("AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"):
            wanted = variant.words.get(kind)
            if wanted not in (None, "NONE") and wanted not in groups:
                yield "R18", variant.uri, f"group {wanted!r} does not exist"


def r19_independent(seen: View) -> Found:
    told = any(tag == "EXT-X-INDEPENDENT-SEGMENTS" for tag, _ in tags_of(seen.master))
    if not told and not all(one.all("EXT-X-INDEPENDENT-SEGMENTS") for one in seen.media):
        yield "R19", "master", "independent segments are not declared"


def r20_cellular(seen: View) -> Found:
    if not any(int(variant.words.get("BANDWIDTH", 1 << 30)) <= 192_000 for variant in seen.variants):
        yield "R20", "master", "no variant of at most 192 kbit/s"


def r21_audio(seen: View) -> Found:
    stereo = [sound for sounds in seen.sounds.values() for sound in sounds if sound.codec == "aac"]
    if not any(sound.channels == 2 for sound in stereo):
        yield "R21", "master", "no stereo AAC"
    for name, sounds in seen.sounds.items():
        if any(sound.streams != 1 for sound in sounds):
            yield "R21", name, "more than one stream in a segment"


def r22_delivery(seen: View) -> Found:
    source = seen.source
    if not isinstance(source, Address):
        return
    for path, answer in source.answers.items():
        playlist = path.endswith(".m3u8")
        kind = answer.get_content_type()
        good = {"application/vnd.apple.mpegurl"} if playlist else {"audio/mp4", "video/iso.segment", "video/mp4"}
        if kind not in good:
            yield "R22", path, f"sent as {kind}"
        if playlist and answer.get("Content-Encoding") != "gzip":
            yield "R22", path, "playlist is not compressed"
        if answer.get("Access-Control-Allow-Origin") is None:
            yield "R22", path, "other origins may not read it"
    for path in sorted(source.moved):
        yield "R22", path, "answered by a redirect"


def _looked_into(seen: View) -> Iterator[tuple[Media, list[Listed], list[Sound]]]:
    for one in seen.media:
        sounds = seen.sounds[one.name]
        yield one, list(one.segments[len(one.segments) - len(sounds) :]), sounds


RULES: tuple[Callable[[View], Found], ...] = (
    r1_header,
    r2_version,
    r3_target,
    r5_length,
    r9_durations,
    r10_continuity,
    r11_discontinuity,
    r12_dates,
    r13_map,
    r14_alignment,
    r15_ranges,
    r16_variants,
    r17_rates,
    r18_groups,
    r19_independent,
    r20_cellular,
    r21_audio,
    r22_delivery,
)


@dataclass
class Watch:
    """Looks at live HLS again and again: rules about change (R3 to R8, R11, R15) between looks, all others each time.

    `look(at)` wants the UTC second of the look, so that a simulated station can be watched too; it looks into the
    newest segments only.
    """

    source: Source
    master: str = "master.m3u8"
    found: list[Violation] = field(default_factory=list)
    looks: int = 0
    _last: dict[str, Media] = field(default_factory=dict)
    _changed: dict[str, float] = field(default_factory=dict)
    _earliest: dict[str, float] = field(default_factory=dict)
    _looked: float = 0.0
    _content: dict[str, int] = field(default_factory=dict)
    _fetchable: dict[str, float] = field(default_factory=dict)

    def look(self, at: float, *, settled: bool = True, newest: int = 4) -> list[Violation]:
        """Broken rules of this look; they are also added to `found`."""
        seen = view(self.source, self.master, settled=settled, newest=newest)
        new = violations(seen)
        for one in seen.media:
            before = self._last.get(one.name)
            new += [Violation(rule, one.name, words) for rule, words in self._judge(before, one, at)]
            self._last[one.name] = one
        self.found += new
        self.looks += 1
        self._looked = at
        return new

    def _judge(self, before: Media | None, now: Media, at: float) -> Iterator[tuple[str, str]]:
        yield from self._bytes(now)
        if before is None:
            return
        if before.text != now.text:
            yield from self._change(before, now, at)
            self._changed[now.name], self._earliest[now.name] = at, self._looked
        late = at - self._changed.get(now.name, at)
        if late > 1.5 * 6 + 0.5:
            yield "R8", f"unchanged for {late:.1f} s"
        yield from self._kept(before, now, at)

    def _change(self, before: Media, now: Media, at: float) -> Iterator[tuple[str, str]]:
        if before.number("EXT-X-TARGETDURATION") != now.number("EXT-X-TARGETDURATION"):
            yield "R3", "target duration changed"
        removed = now.number("EXT-X-MEDIA-SEQUENCE") - before.number("EXT-X-MEDIA-SEQUENCE")
        old = {listed.number: listed for listed in before.segments}
        if removed < 0 or any(old.get(one.number, one) != one for one in now.segments):
            yield "R4", f"numbers moved by {removed}, or a listed segment changed"
        if now.segments and before.segments and now.segments[-1].number < before.segments[-1].number:
            yield "R4", "the newest segment vanished"
        left = [listed for listed in before.segments if listed.number < now.number("EXT-X-MEDIA-SEQUENCE")]
        breaks = now.number("EXT-X-DISCONTINUITY-SEQUENCE") - before.number("EXT-X-DISCONTINUITY-SEQUENCE")
        if removed <= len(before.segments) and breaks != sum(listed.broken for listed in left):
            yield "R11", f"discontinuity sequence moved by {breaks}"
        if sum(listed.duration for listed in now.segments) < 18 and left:
            yield "R5", "shortened below three target durations"
        since = at - self._earliest.get(now.name, at - 6.0)
        if since < 0.5 * 6:
            yield "R8", f"changed again within {since:.1f} s"
        yield from self._ranges(before, now)

    def _ranges(self, before: Media, now: Media) -> Iterator[tuple[str, str]]:
        old = {words["ID"]: words for words in before.ranges}
        for words in now.ranges:
            for name, value in old.get(words["ID"], {}).items():
                if words.get(name) != value:
                    yield "R15", f"{words['ID']} changed its {name}"

    def _bytes(self, now: Media) -> Iterator[tuple[str, str]]:
        base = now.name.rpartition("/")[0] + "/"
        for listed in now.segments[-3:]:
            path = base + listed.uri
            content = hash(self.source.get(path))
            if self._content.setdefault(path, content) != content:
                yield "R7", f"{path} changed its bytes"

    def _kept(self, before: Media, now: Media, at: float) -> Iterator[tuple[str, str]]:
        base = now.name.rpartition("/")[0] + "/"
        longest = sum(listed.duration for listed in before.segments)
        for listed in before.segments:
            if listed.number < now.number("EXT-X-MEDIA-SEQUENCE"):
                self._fetchable[base + listed.uri] = at + listed.duration + longest
        for path, until in list(self._fetchable.items()):
            if at > until:
                del self._fetchable[path]
            elif missing(self.source, path):
                del self._fetchable[path]
                yield "R6", f"{path} is gone too early"


def _say(words: object) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(where: str, seconds: float) -> int:
    """Watch a folder or an address and print each broken rule once; the exit code says whether there was any."""
    root, _, name = where.rpartition("/") if where.endswith(".m3u8") else (where, "", "master.m3u8")
    watch = Watch(Address(f"{root}/") if "://" in where else Folder(Path(root)), name)
    said: set[str] = set()
    for violation in check(watch.source, name):
        said.add(str(violation))
        _say(violation)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for violation in watch.look(time.time()):
            if str(violation) not in said:
                said.add(str(violation))
                _say(violation)
        time.sleep(1.0)
    _say(f"{len(said)} violations, {watch.looks} looks")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
