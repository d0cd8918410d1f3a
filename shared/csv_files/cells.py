"""What a value is written as in a cell of a CSV file."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from shared.csv_files.formulas import defused


def cell(value: Any) -> str:
    """A value as a cell has it; nothing is empty, truth is true or false."""
    if value is None:
        return ""
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return repr(value).removesuffix(".0")
