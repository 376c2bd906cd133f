"""Places, seasons and occasions: which genres and moods they call for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """`genres` are candidates when none is named, `moods` names of the mood table, `words` how people say it."""

    genres: tuple[str, ...]
    moods: tuple[str, ...]
    words: tuple[str, ...]


SCENES: dict[str, Scene] = {
    "chill": Scene(
        ("lofi_hiphop", "downtempo"), ("calm",),
        ("chill", "chilling", "relax", "unwind", "hang out", "background"),
    ),
    "rain": Scene(
        ("lofi_hiphop", "future_garage", "jazz_lounge"), ("rainy",),
        ("rain", "raining", "rainfall", "thunderstorm"),
    ),
    "study": Scene(
        ("lofi_hiphop", "ambient"), ("focused",),
        ("study", "studying", "homework", "work", "working", "coding", "programming", "reading", "focus", "exam",
         "office"),
    ),
    "sleep": Scene(
        ("ambient",), ("sleepy",),
        ("sleep", "falling asleep", "nap", "bed", "insomnia"),
    ),
    "meditation": Scene(
        ("ambient",), ("calm",),
        ("meditation", "meditate", "yoga", "spa", "mindfulness", "breathing"),
    ),
    "cafe": Scene(
        ("jazz_lounge", "lofi_hiphop"), ("warm",),
        ("cafe", "café", "coffee", "coffee shop", "coffeehouse", "bakery"),
    ),
    "dinner": Scene(
        ("jazz_lounge", "downtempo"), ("romantic",),
        ("dinner", "restaurant", "wine", "date night", "cocktail", "bar", "lounge"),
    ),
    "night drive": Scene(
        ("synthwave",), ("nocturnal",),
        ("night drive", "night driving", "driving at night", "highway", "road trip", "car"),
    ),
    "night": Scene(
        ("future_garage", "house_deep", "techno_melodic"), ("nocturnal",),
        ("night", "nighttime", "midnight city"),
    ),
    "sunset": Scene(
        ("downtempo", "house_deep"), ("warm",),
        ("sunset", "dusk", "golden hour", "evening", "rooftop"),
    ),
    "summer": Scene(
        ("downtempo", "house_deep"), ("sunny",),
        ("summer", "beach", "holiday", "vacation", "island", "pool", "ibiza"),
    ),
    "morning": Scene(
        ("lofi_hiphop", "downtempo", "cinematic"), ("hopeful",),
        ("morning", "sunrise", "dawn", "breakfast"),
    ),
    "spring": Scene(
        ("downtempo", "cinematic", "lofi_hiphop"), ("hopeful",),
        ("spring", "springtime", "garden", "blossom"),
    ),
    "autumn": Scene(
        ("lofi_hiphop", "cinematic", "jazz_lounge"), ("nostalgic",),
        ("autumn", "fall leaves", "october", "november"),
    ),
    "snow": Scene(
        ("ambient", "cinematic"), ("cold",),
        ("snow", "snowy", "snowfall", "ice", "arctic", "december"),
    ),
    "christmas": Scene(
        ("jazz_lounge", "lofi_hiphop"), ("warm", "nostalgic"),
        ("christmas", "xmas", "fireplace", "holidays"),
    ),
    "halloween": Scene(
        ("cinematic", "techno_melodic"), ("tense",),
        ("halloween", "haunted", "ghost", "ghosts", "nightmare"),
    ),
    "club": Scene(
        ("house_deep", "techno_peak", "house_progressive"), ("energetic",),
        ("club", "party", "dance", "dancing", "dancefloor", "dance floor", "nightclub", "disco"),
    ),
    "festival": Scene(
        ("trance_uplifting", "house_progressive"), ("euphoric",),
        ("festival", "main stage", "mainstage", "stadium"),
    ),
    "workout": Scene(
        ("drum_and_bass", "techno_peak"), ("energetic",),
        ("workout", "gym", "running", "jogging", "training", "sport", "exercise"),
    ),
    "game": Scene(
        ("chiptune",), ("playful",),
        ("game", "games", "gaming", "video game", "level", "arcade", "pixel", "console"),
    ),
    "battle": Scene(
        ("drum_and_bass_neuro", "chiptune", "cinematic"), ("aggressive",),
        ("battle", "boss fight", "boss", "fight", "war"),
    ),
    "space": Scene(
        ("ambient", "synthwave"), ("spacious",),
        ("outer space", "stars", "galaxy", "planet", "moon", "astronaut"),
    ),
    "nature": Scene(
        ("ambient", "downtempo"), ("calm",),
        ("forest", "nature", "mountain", "mountains", "lake", "river", "meadow"),
    ),
    "sea": Scene(
        ("ambient", "downtempo"), ("spacious",),
        ("sea", "ocean", "waves", "coast", "underwater", "harbour", "harbor"),
    ),
    "city": Scene(
        ("future_garage", "house_deep"), ("nocturnal",),
        ("city", "streets", "street", "subway", "train", "bus", "metro"),
    ),
    "film": Scene(
        ("cinematic",), ("epic",),
        ("film", "movie", "trailer", "scene", "credits", "documentary", "theatre"),
    ),
    "wedding": Scene(
        ("cinematic", "jazz_lounge"), ("romantic",),
        ("wedding", "anniversary", "valentine", "valentines"),
    ),
    "farewell": Scene(
        ("cinematic", "future_garage"), ("melancholic",),
        ("funeral", "farewell", "goodbye", "breakup", "crying", "loss"),
    ),
    "robots": Scene(
        ("techno_melodic", "drum_and_bass_neuro"), ("cold",),
        ("robot", "robots", "cyberpunk", "factory", "dystopia", "dystopian"),
    ),
}  # fmt: skip

WORDS: dict[str, str] = {word: name for name, scene in SCENES.items() for word in scene.words}
"""Every scene word -> the name in `SCENES`."""
