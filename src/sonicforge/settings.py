"""Settings: one frozen object from the environment, read once by doors and gate."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the owner's things are and how much of the machine may be used.

    SONICFORGE_DATA     folder of the owner's data; `genres/` inside holds own genre files that win by name
    SONICFORGE_THREADS  stems rendered at the same time (default: the cores this process may use)
    SONICFORGE_OWNER_TOKEN  opens the owner's calls of the API from other machines; unset, only this machine may
    SONICFORGE_LLM_URL  an OpenAI-compatible server that understands listeners' words, as http://127.0.0.1:11434/v1
    SONICFORGE_LLM_KEY  its key, if it wants one
    SONICFORGE_LLM_MODEL  the model there; without address and model the built-in interpreter does it alone
    """

    data: Path
    threads: int
    owner_token: str = field(default="", repr=False)
    llm_url: str = ""
    llm_key: str = field(default="", repr=False)
    llm_model: str = ""

    @property
    def genres(self) -> Path:
        return self.data / "genres"


def load_settings(environment: dict[str, str] | None = None) -> Settings:
    """Settings from environment variables; anything unset has a working default."""
    variables = os.environ if environment is None else environment
    data = Path(variables.get("SONICFORGE_DATA") or user_data_path("sonicforge"))
    threads = variables.get("SONICFORGE_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Settings(
        data,
        max(1, int(threads)) if threads.isdigit() else cores,
        variables.get("SONICFORGE_OWNER_TOKEN", ""),
        llm_url=variables.get("SONICFORGE_LLM_URL", ""),
        llm_key=variables.get("SONICFORGE_LLM_KEY", ""),
        llm_model=variables.get("SONICFORGE_LLM_MODEL", ""),
    )
