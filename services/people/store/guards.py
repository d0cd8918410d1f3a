"""Documents that are written by all who change the same thing together, see `tx.hold`."""

from typing import Final

GUARDS: Final = "people_guards"
LINES: Final = "lines"
"""Of who reports to whom."""
STRUCTURE: Final = "structure"
"""Of the tree of units."""
