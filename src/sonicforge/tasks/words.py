"""Small phrases of the station's answers."""


def soon(seconds: float) -> str:
    """`in about 4 minutes` for 250 s."""
    if seconds < 45.0:
        return "next"
    minutes = max(1, round(seconds / 60.0))
    if minutes < 60:
        return f"in about {minutes} minute{'s' if minutes > 1 else ''}"
    hours = round(minutes / 60.0)
    return f"in about {hours} hour{'s' if hours > 1 else ''}"


def spoken(name: str) -> str:
    """A genre's name as people say it."""
    return name.replace("_", " ")
