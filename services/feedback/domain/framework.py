"""The organisation's own lists: the values that it recognises and the competencies that it speaks of.

What is said refers to an entry by its key, so that events carry no free text and a better name
needs no change of what was said before.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.errors import Invalid, Refusal

FrameworkName = Literal["values", "competencies"]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class UnknownTerm(Refusal):
    """Values and competencies are those that the organisation has listed."""

    status = 422


class Term(Frozen):
    """A value or a competency."""

    key: Key
    name: Name
    description: str = Field(default="", max_length=1000)


class Framework(Aggregate):
    """One of the lists; `version` is 0 while it is the one that an organisation starts with."""

    id_field: ClassVar[str] = "framework_name"
    framework_name: FrameworkName
    terms: tuple[Term, ...]

    def key_of(self, said: str) -> str:
        """The key of the entry that is called so, by key or by name in any case."""
        sought = said.strip().casefold()
        for term in self.terms:
            if sought in {term.key, term.name.casefold()}:
                return term.key
        known = [term.key for term in self.terms]
        raise UnknownTerm(
            f"It is none of the organisation's {self.framework_name}, which are: {', '.join(known)}.",
            known=known,
        )

    def replaced(self, terms: Sequence[Term]) -> "Framework":
        """The list with other entries; what refers to an entry that is gone keeps its key."""
        called = [word for term in terms for word in {term.key, term.name.casefold()}]
        if len(set(called)) < len(called):
            raise Invalid("Two entries have the same key or name; give each its own.")
        return self.model_copy(update={"terms": tuple(terms)})


def _starting(framework_name: FrameworkName, *names: str) -> Framework:
    terms = tuple(Term(key=name.lower().replace(" ", "-"), name=name) for name in names)
    return Framework(framework_name=framework_name, terms=terms)


STARTING: Final[Mapping[FrameworkName, Framework]] = {
    "values": _starting(
        "values",
        "Customers first",
        "Own it together",
        "Say it clearly and kindly",
        "Leave it better",
        "Stay curious",
    ),
    "competencies": _starting(
        "competencies", "Communication", "Craft", "Ownership", "Collaboration", "Customer focus", "Leadership"
    ),
}
