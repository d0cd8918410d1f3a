"""People: who works here, in which org unit, and who reports to whom.

Owns the directory, the org units with their HR partners, the imports that fill them, and, apart
from all of it, demographic attributes.  Publishes `cairn.people.events` and `cairn.people.state`, and to
Cairn's own services on whom there is a legal hold, on `cairn.people.holds.state`.  Reacts to its own
state, for the same local copy of the directory that every other service keeps.
"""
