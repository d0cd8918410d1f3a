"""The local copy of people and org units that every service keeps, and the relations asked of it.

Kept from `cairn.people.state` by reactions, so that nobody has to ask another service who somebody's
manager is.  Knows who relates to whom; what that allows is `shared.access`'s.

    keep_person, keep_unit, forget_person, forget_unit, INDEXES, FAN_OUTS    to keep it
    Directory(tx), named_caller                                              in a handler
    DirectoryReader(database), population, population_size, departed_among   in views and fan-outs
    require_known                                                            in commands for many
"""

from shared.directory.entries import INDEXES, PEOPLE, UNITS, DirectoryPerson, DirectoryUnit
from shared.directory.keep import forget_person, forget_unit, keep_person, keep_unit
from shared.directory.read import Directory, Peek, Stored, named_caller
from shared.directory.reader import (
    DirectoryReader,
    departed_among,
    population,
    population_size,
    require_known,
)
from shared.directory.refold import FAN_OUTS

__all__ = [
    "FAN_OUTS",
    "INDEXES",
    "PEOPLE",
    "UNITS",
    "Directory",
    "DirectoryPerson",
    "DirectoryReader",
    "DirectoryUnit",
    "Peek",
    "Stored",
    "departed_among",
    "forget_person",
    "forget_unit",
    "keep_person",
    "keep_unit",
    "named_caller",
    "population",
    "population_size",
    "require_known",
]
