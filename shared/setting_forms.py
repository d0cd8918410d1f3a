"""How settings are written: variables, files of secrets, lists and pairs in one variable, addresses."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

PREFIX: Final = "CAIRN_"
SECRETS_DIR: Final = "CAIRN_SECRETS_DIR"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def variable(field: str) -> str:
    """The name of the variable that sets a field."""
    return PREFIX + field.upper()


def secret_file(field: str) -> Path | None:
    """The file that sets a secret, for who reads it again; None where no file does, or a variable."""
    directory = os.environ.get(SECRETS_DIR)
    if not directory or variable(field) in map(str.upper, os.environ):
        return None
    return Path(directory, field)


def require_secrets(directory: str, fields: Collection[str]) -> None:
    """Return if files of the directory that set a field can be read; raises `ValueError` that names each."""
    try:
        found = sorted({path.name for path in Path(directory).iterdir()} & {*fields})
    except OSError as error:
        raise ValueError(f"{SECRETS_DIR} names a directory that {_why(error)}") from None
    if wrong := wrong_files({name: Path(directory, name) for name in found}, is_said="has"):
        raise ValueError("\n".join(wrong))


def wrong_files(files: Mapping[str, Path | None], *, is_said: str = "names") -> list[str]:
    """Which files, by their fields, cannot be read as text, and why."""
    wrong = ((name, _why_unread(path)) for name, path in files.items() if path is not None)
    return [f"{variable(name)} {is_said} a file that {why}" for name, why in wrong if why]


def _why_unread(path: Path) -> str:
    try:
        path.read_text(encoding="utf-8")
    except OSError as error:
        return _why(error)
    except UnicodeDecodeError:
        return "holds no text"
    return ""


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "is not there"
    return f"user {os.geteuid()} cannot read: {error.strerror}"


def listed(value: object) -> object:
    """`a, b` as a tuple; anything else as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def paired(value: object) -> object:
    """`people=http://a, goals=http://b`, or a JSON object, as a mapping; anything else as it is."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("{"):
        try:
            return json.loads(value, object_pairs_hook=_each_once)
        except json.JSONDecodeError:
            raise ValueError("must be a JSON object, or written as name=value, name=value") from None
    pairs = [part.strip().partition("=") for part in value.split(",") if part.strip()]
    if not all(name and equals and said for name, equals, said in pairs):
        raise ValueError("must be written as name=value, name=value")
    return _each_once([(name.strip(), said.strip()) for name, _, said in pairs])


def _each_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """As a mapping; of two values for one name nobody could say which is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("must give each name once")
    return found


def is_safe_url(url: str, *, development: bool) -> bool:
    """Whether what is fetched from there can be trusted: https, or this machine, or development."""
    parts = urlsplit(url)
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and (development or parts.hostname in LOOPBACK))
