"""What steps call people and things: a person by the id the plan was given, a thing by a symbolic name."""

from typing import NewType

Ref = NewType("Ref", str)
Person = str
