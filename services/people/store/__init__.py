"""Everything the people service keeps, as documents, and the indexes that its reads stand on."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import IndexModel

from services.people.store import erasures, imports, people, scim, told, units
from services.people.store.guards import GUARDS

COLLECTIONS: Final[Mapping[str, Sequence[IndexModel]]] = {
    **people.COLLECTIONS,
    **units.COLLECTIONS,
    **imports.COLLECTIONS,
    **told.COLLECTIONS,
    **erasures.COLLECTIONS,
    **scim.COLLECTIONS,
    "demographics": [],
    GUARDS: [],
}
