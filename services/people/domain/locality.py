"""Time zones and languages a person may have.

Takes the time zone database as a constant of the platform; knows nothing of persons.
"""

import re
from functools import cache
from zoneinfo import available_timezones

from shared.errors import Invalid

DEFAULT_TIME_ZONE = "UTC"
DEFAULT_LANGUAGE = "en"

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")


class UnknownTimeZone(Invalid):
    """A time zone that the IANA database does not name."""


class UnknownLanguage(Invalid):
    """A language that is not a tag such as `en` or `pt-BR`."""


def time_zone_named(text: str) -> str | None:
    """The IANA name that `text` means whatever its case or blanks (`europe/london`), or None."""
    return _zones().get(text.strip().replace(" ", "_").casefold())


def language_tagged(text: str) -> str | None:
    """The BCP 47 tag that `text` means (`pt_br` is `pt-BR`), or None."""
    tag = text.strip().replace("_", "-")
    if not _LANGUAGE_TAG.fullmatch(tag):
        return None
    language, *rest = tag.split("-")
    return "-".join([language.lower(), *(_subtag(part) for part in rest)])


def require_locality(*, time_zone: str, language: str) -> None:
    """Refuse a time zone or a language that is not written as it is kept."""
    if time_zone_named(time_zone) != time_zone:
        raise UnknownTimeZone(
            f"{time_zone!r} is no time zone; give an IANA name such as Europe/Berlin.", time_zone=time_zone
        )
    if language_tagged(language) != language:
        raise UnknownLanguage(
            f"{language!r} is no language tag; give one such as en or pt-BR.", language=language
        )


def _subtag(part: str) -> str:
    return part.capitalize() if len(part) == 4 else part.upper()


@cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(available_timezones())}
