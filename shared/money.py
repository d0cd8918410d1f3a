"""Amounts of money and of effort: exact decimals, written as text so that no float comes near them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainSerializer, WithJsonSchema

from shared.currencies import PLACES

MOST: Final = Decimal(10**15)


def _known(code: str) -> str:
    if code not in PLACES:
        raise ValueError("is no currency of ISO 4217; send a code such as EUR")
    return code


def in_full(value: Decimal) -> str:
    """The digits, never with an exponent."""
    return format(value, "f")


def _written_with(places: int) -> Callable[[Decimal], Decimal]:
    """No more digits than a value has: a zero may be sent with any number of places, and be as long."""
    smallest = Decimal(1).scaleb(-places)

    def written(value: Decimal) -> Decimal:
        exponent = value.as_tuple().exponent
        longer = isinstance(exponent, int) and exponent < -places
        return abs(value.quantize(smallest) if longer else value)

    return written


_AS_TEXT: Final = PlainSerializer(in_full, return_type=str)

Currency = Annotated[str, AfterValidator(_known), Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
"""A code of ISO 4217."""
Amount = Annotated[
    Decimal,
    Field(ge=0, lt=MOST, decimal_places=4),
    AfterValidator(_written_with(4)),
    _AS_TEXT,
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,15}(\.\d{1,4})?$", "examples": ["1250.00"]}),
]
"""Of money, in the main unit of a currency that is named beside it."""
Days = Annotated[
    Decimal,
    Field(ge=0, le=100_000, decimal_places=2),
    AfterValidator(_written_with(2)),
    _AS_TEXT,
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,5}(\.\d{1,2})?$", "examples": ["12.5"]}),
]
"""Of effort, in person-days."""
Total = Annotated[
    Decimal,
    _AS_TEXT,
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d{1,4})?$", "examples": ["1250.00"]}),
]
"""What amounts, or days, add up to."""


def in_currency(amount: Decimal, currency: str) -> Decimal:
    """The amount with the places that its currency has; raises `ValueError` if it has more."""
    exact = amount.quantize(Decimal(1).scaleb(-PLACES[currency]))
    if exact != amount:
        raise ValueError(f"amounts in {currency} have {PLACES[currency]} decimal places at most")
    return exact
