"""Check 16 (mix): how much of the music is reverb?"""

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.stem_facts import Stems
from sonicforge.critic.verdict import Finding

CHECK = Check(16, "wash_clarity")

WET_LIMITS_DB = {"ambient": (2.0, 6.0), "cinematic": (-4.0, 0.0)}
"""Where a genre may be wetter the warning moves, and the failure lies 4 dB above it as everywhere."""
WET_LIMITS_OTHERS_DB = (-7.0, -3.0)


def wash(stems: Stems) -> Finding:
    """Level of the reverb returns against the dry music bus, as the mix measured it."""
    wet = stems.decision.get("reverb_to_dry_db")
    if wet is None:
        return skipped(CHECK, "the mix did not say how wet it is")
    warn, fail = WET_LIMITS_DB.get(stems.genre.name, WET_LIMITS_OTHERS_DB)
    return graded(
        CHECK,
        Measure(
            key="wet_db",
            words="the reverb against the dry music",
            value=float(wet),
            unit="dB",
            warn_above=warn,
            fail_above=fail,
        ),
    )
