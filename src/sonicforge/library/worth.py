"""How much a track is worth to the station: one number from the critic's score and what listeners did."""

PRIOR = 4.0
"""The critic's score counts as much as this many listeners."""


def worth_of(score: float, *, likes: int, stars_sum: int, stars_count: int, skips: int) -> float:
    """0..1: the mean of all opinions.

    The critic's score (0..10) stands for `PRIOR` of them, a like is 1, a vote of 1..5 stars 0..1, a wish to skip 0. So
    a new track is worth what the critic says, and listeners take over as they speak up.
    """
    told = PRIOR * score / 10 + likes + (stars_sum - stars_count) / 4
    return told / (PRIOR + likes + stars_count + skips)
