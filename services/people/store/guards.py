"""Documents that are written by all who change the same thing together, see `tx.hold`."""

from typing import Final

GUARDS: Final = "people_guards"
LINES: Final = "lines"
"""Of who reports to whom."""
GROUPS: Final = "groups"
"""Of who is in which group of the identity provider."""
STRUCTURE: Final = "structure"
"""Of the tree of units."""
