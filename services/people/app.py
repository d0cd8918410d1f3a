"""The people service, by what it consists of."""

from services.people.access import ACCESS
from services.people.store import COLLECTIONS
from services.people.usecases import (
    change_person,
    change_unit,
    create_unit,
    import_people,
    import_row,
    join_person,
    record_demographics,
    record_departure,
    take_back_person,
    take_told_person,
)
from services.people.views import demographics, imports, people, units
from shared.audit.reads import always
from shared.contracts.people import PersonSnapshot
from shared.service import Service

SERVICE = Service(
    name="people",
    title="Cairn people",
    access=ACCESS,
    collections=COLLECTIONS,
    routers=[
        join_person.router,
        change_person.router,
        record_departure.router,
        take_back_person.router,
        people.router,
        record_demographics.router,
        demographics.router,
        create_unit.router,
        change_unit.router,
        units.router,
        import_people.router,
        imports.router,
    ],
    inbound={PersonSnapshot: take_told_person.take_told_person},
    fan_outs=[import_row.FAN_OUT],
    confidential={"read_demographics": always, "read_numbers": always},
    large_bodies={"/imports": import_people.LARGEST_FILE},
)
