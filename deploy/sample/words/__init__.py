"""The words of the sample: structure, names, goals and feedback, as files that a person can edit."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@cache
def read(name: str) -> dict[str, Any]:
    """A file of words by its name, such as `goals/sales`."""
    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))
