"""One language: its sentences by kind, and the phrases that go into them.

A language is a directory of `templates/` with a `words.toml`; sentences are Jinja templates of plain
text.  What a language lacks is said in English, so that a new kind needs no other language first.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from jinja2 import Environment, StrictUndefined, Template, TemplateError, meta

from services.notifications.words.told import Told, sentence

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
FALLBACK: Final = "en"
_PARTS: Final = ("headline", "detail")


class Language:
    """The sentences and phrases of one language."""

    def __init__(self, code: str) -> None:
        spec = tomllib.loads((TEMPLATES / code / "words.toml").read_text(encoding="utf-8"))
        self.code = code
        self.phrases: Mapping[str, Any] = spec["phrases"]
        self.mail: Mapping[str, str] = spec["mail"]
        self.categories: Mapping[str, str] = spec["categories"]
        # Plain text, so nothing is escaped here: a mail's HTML part escapes what it is given.
        self._environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701
        filters: Mapping[str, Any] = {
            "day": self._day,
            "percent": _percent,
            "named": self._named,
            "key": _spelled,
            "listed": self._listed,
        }
        cast("dict[str, Any]", self._environment.filters).update(filters)
        kinds: Mapping[str, Mapping[str, str]] = spec["kinds"]
        self._templates = {
            kind: tuple(self._environment.from_string(parts[part]) for part in _PARTS)
            for kind, parts in kinds.items()
        }
        self._needs = {kind: self._undeclared(*parts.values()) for kind, parts in kinds.items()}

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds that it has words for."""
        return list(self._templates)

    def needs(self, kind: str) -> frozenset[str]:
        """The variables that the sentences of a kind use."""
        return self._needs.get(kind, frozenset())

    def tell(self, kind: str, context: Mapping[str, Any]) -> Told:
        """The sentences of a kind; if something is missing for them, that there is news."""
        try:
            headline, detail = (_rendered(part, context) for part in self._templates[kind])
        except (KeyError, TypeError, ValueError, TemplateError):
            return Told(self.phrases["news"], "")
        return Told(sentence(headline), sentence(detail))

    def _undeclared(self, *sources: str) -> frozenset[str]:
        names: set[str] = set()
        for source in sources:
            names |= meta.find_undeclared_variables(self._environment.parse(source))
        return frozenset(names)

    def _day(self, text: str) -> str:
        on = date.fromisoformat(text)
        months = cast("Sequence[str]", self.phrases["months"])
        return f"{on.day} {months[on.month - 1]} {on.year}"

    def _named(self, key: str, phrase: str) -> str:
        """What a key of a fact is called: the entry of that key in a table of phrases."""
        return self.phrases[phrase].get(key, _spelled(key))

    def _listed(self, texts: Sequence[str]) -> str:
        """`a`, `a and b`, `a, b and 3 others`."""
        shown = list(texts[:3]) if len(texts) <= 3 else [*texts[:2], self._others(len(texts) - 2)]
        if len(shown) < 2:
            return "".join(shown)
        return f"{', '.join(shown[:-1])} {self.phrases['and']} {shown[-1]}"

    def _others(self, count: int) -> str:
        return str(self.phrases["others"]).format(count=count)


@cache
def language(code: str) -> Language:
    """The language of a code such as `en` or `en-GB`, or English."""
    short = code.lower().partition("-")[0]
    known = {path.parent.name for path in TEMPLATES.glob("*/words.toml")}
    return Language(short) if short in known and short != FALLBACK else _english()


@cache
def _english() -> Language:
    return Language(FALLBACK)


def _percent(share: float) -> str:
    return f"{round(share * 100)} %"


def _spelled(key: str) -> str:
    """A key such as `customer-first` as words."""
    return key.replace("-", " ").replace("_", " ")


def _rendered(template: Template, context: Mapping[str, Any]) -> str:
    return template.render(context)
