"""The table of all checks. To add one, write a function in a file of its own and put it into its row here.

Score checks take a `Reading`, stem checks `Stems`, audio checks a `Listening`. Each returns a
`Finding`, skipped where it does not apply.
"""

from collections.abc import Callable

from sonicforge.critic.audio.clarity import wash_clarity
from sonicforge.critic.audio.clicking import clicks
from sonicforge.critic.audio.contour import energy_contour
from sonicforge.critic.audio.digital import digital_health
from sonicforge.critic.audio.ending import ending
from sonicforge.critic.audio.image import low_end_mono, stereo_image
from sonicforge.critic.audio.peaks import loudness_range, loudness_target, plr_crest, true_peak_clip
from sonicforge.critic.audio.pumping import limiter_pumping
from sonicforge.critic.audio.repeats import exact_repeats
from sonicforge.critic.audio.tone import harshness, mud, tonal_balance
from sonicforge.critic.listening import Listening
from sonicforge.critic.reading import Reading
from sonicforge.critic.score.cadence import change_cadence
from sonicforge.critic.score.clash import harmonic_clash
from sonicforge.critic.score.groove import groove_timing
from sonicforge.critic.score.identity import genre_identity
from sonicforge.critic.score.melody import melody_hook
from sonicforge.critic.score.repetition import repetition_novelty
from sonicforge.critic.score.velocity import velocity_life
from sonicforge.critic.score.voicing import low_interval_limit, voice_leading
from sonicforge.critic.stem_facts import Stems
from sonicforge.critic.stems.aliasing import aliasing_hash
from sonicforge.critic.stems.clicking import clicks_beside_texture
from sonicforge.critic.stems.low_end import kick_bass_overlap
from sonicforge.critic.stems.machine_gun import machine_gun
from sonicforge.critic.stems.wash import wash
from sonicforge.critic.verdict import Finding

ScoreCheck = Callable[[Reading], Finding]
StemCheck = Callable[[Stems], Finding]
AudioCheck = Callable[[Listening], Finding]

SCORE_CHECKS: tuple[ScoreCheck, ...] = (
    low_interval_limit,  # 14
    groove_timing,  # 18
    velocity_life,  # 19
    repetition_novelty,  # 20
    change_cadence,  # 21
    harmonic_clash,  # 22
    voice_leading,  # 23
    melody_hook,  # 24
    genre_identity,  # 25
)

STEM_CHECKS: tuple[StemCheck, ...] = (
    machine_gun,  # 8
    kick_bass_overlap,  # 10
    clicks_beside_texture,  # 12
    aliasing_hash,  # 13
    wash,  # 16
)

AUDIO_CHECKS: tuple[AudioCheck, ...] = (
    digital_health,  # 1
    true_peak_clip,  # 2
    loudness_target,  # 3
    plr_crest,  # 4
    loudness_range,  # 5
    energy_contour,  # 6
    tonal_balance,  # 7
    low_end_mono,  # 9
    limiter_pumping,  # 11
    clicks,  # 12
    mud,  # 14
    harshness,  # 15
    wash_clarity,  # 16
    stereo_image,  # 17
    exact_repeats,  # 20
    ending,  # 25
)
