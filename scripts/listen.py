"""Render genres to look at and listen to: sound, pictures and a table of section loudness beside the plan.

python scripts/listen.py [--genres lofi_hiphop,ambient] [--seeds 1,2,3] [--minutes 3] [--out out/listen] [--no-sound]
"""

import argparse
from pathlib import Path

from sonicforge.analysis.pianoroll import draw_pianoroll
from sonicforge.analysis.spectrogram import draw_spectrogram
from sonicforge.analysis.waveform import draw_waveform
from sonicforge.genres.concept import Concept
from sonicforge.genres.load import names
from sonicforge.music.time import Clock
from sonicforge.sound.files import write
from sonicforge.sound.loudness import short_term_curve
from sonicforge.studio.produce import produce
from sonicforge.studio.take import Take


def sections(take: Take) -> str:
    """One line per section: bars, planned energy, mean short-term loudness."""
    clock = Clock.of(take.score)
    curve = short_term_curve(take.audio, hop_s=0.1)
    lines = []
    for section in take.score.sections:
        first, last = (int(clock.second(tick) * 10) for tick in (section.start, section.end))
        inside = curve[first + 15 : last + 15] if last - first > 30 else curve[first:last]
        low, high = section.energy
        lines.append(
            f"  {section.name:14}{section.bars:4} bars  energy {low:.2f}>{high:.2f}"
            f"  {float(inside.mean()) if len(inside) else float('nan'):7.1f} LUFS  {' '.join(section.parts)}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genres", default="")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--out", type=Path, default=Path("out/listen"))
    parser.add_argument("--no-sound", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for genre in options.genres.split(",") if options.genres else names():
        for seed in map(int, options.seeds.split(",")):
            length = options.minutes * 60 if options.minutes else None
            take = produce(Concept(genre=genre, seed=seed, length_s=length))
            stem = options.out / f"{genre}-{seed}"
            stem.with_suffix(".roll.png").write_bytes(draw_pianoroll(take.score))
            stem.with_suffix(".spectrogram.png").write_bytes(draw_spectrogram(take.audio))
            stem.with_suffix(".waveform.png").write_bytes(draw_waveform(take.audio, take.score))
            if not options.no_sound:
                write(stem.with_suffix(".flac"), take.audio, format="flac")
            bpm = take.score.tempo[0][1]
            print(f"{genre} {seed} {take.score.title!r} {take.score.key} {bpm:.0f} bpm, score {take.verdict.score:.1f}")
            print(sections(take))
            for finding in take.verdict.findings:
                if finding.status in ("warn", "fail"):
                    print(f"    {finding.status} {finding.id} {finding.name}: {finding.reason}")
            print(flush=True)


if __name__ == "__main__":
    main()
