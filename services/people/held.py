"""What the people service holds of people, and what an erasure makes of it."""

from typing import Final

from services.people.domain.legal_hold import hold_id_of
from services.people.store.demographics import demographics_id
from services.people.store.erasures import ERASURES, HOLDS, TOLD_HOLDS
from services.people.store.imports import CHUNKS, OUTCOMES, PROBLEMS
from services.people.store.people import IDENTIFIERS
from services.people.store.scim import SCIM_GROUPS, SCIM_NAMES, SCIM_USERS, scim_user_key
from services.people.store.told import TOLD, told_id
from shared.erasure import COPY, Held

HELD: Final = (
    Held(
        "person", "people", "_id", "deleted", "At once, with the receipt.", hidden=("name_words", "sort_key")
    ),
    Held("identifier", IDENTIFIERS, "person_id", "deleted", "At once.", handed_out=False),
    Held("demographics", "demographics", "_id", "deleted", "At once.", derived=demographics_id),
    Held(
        "told_by_other_systems",
        TOLD,
        "_id",
        "deleted",
        "At once, with records of them that were put aside.",
        derived=told_id,
    ),
    Held(
        "import_problem",
        PROBLEMS,
        "person_id",
        "deleted",
        "At once, if a report names number, address or whole name; else it expires after 90 days.",
        handed_out=False,
    ),
    Held(
        "import_row",
        CHUNKS,
        "person_id",
        "deleted",
        "When the import ends, erasure or not; a day after an import that never began.",
        handed_out=False,
    ),
    Held(
        "import_outcome",
        OUTCOMES,
        "person_id",
        "kept",
        "Counts rows and names nobody; expires after 90 days.",
        handed_out=False,
    ),
    Held(
        "identity_provider_user",
        SCIM_USERS,
        "_id",
        "deleted",
        "At once; the provider's own copy is its own.",
        derived=scim_user_key,
    ),
    Held("identity_provider_name", SCIM_NAMES, "person_id", "deleted", "At once.", handed_out=False),
    Held(
        "identity_provider_group",
        SCIM_GROUPS,
        "member_ids",
        "deleted",
        "They are taken out of it at once; the group stays.",
        hidden=("member_ids", "displays", "resource"),
    ),
    Held("import_sent", "imports", "by", "kept", "Who sent which file; an id. Expires after 90 days."),
    Held("erasure", ERASURES, "_id", "kept", "The receipt: ids, a ground, a case number and times."),
    Held(
        "legal_hold",
        HOLDS,
        "_id",
        "kept",
        "There is none while somebody is erased.",
        derived=hold_id_of,
        handed_out=False,
    ),
    Held(
        "legal_hold_told",
        TOLD_HOLDS,
        "_id",
        "kept",
        "An id, and that no hold is left: it numbers what is told of it.",
        derived=hold_id_of,
        handed_out=False,
    ),
    Held("hr_partner_of", "units", "hr_partner_ids", "kept", "An id of a role in a unit."),
    COPY,
)
