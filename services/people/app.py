"""The people service, by what it consists of."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from services.people.access import ACCESS
from services.people.domain.person import Person
from services.people.domain.unit import OrgUnit
from services.people.held import HELD
from services.people.overdue import ErasureWatch
from services.people.scim import UseCases, give_roles_anew, scim_app
from services.people.store import COLLECTIONS
from services.people.store.people import IDENTIFIERS
from services.people.store.scim import SCIM_NAMES
from services.people.usecases import (
    change_person,
    change_unit,
    close_access,
    create_unit,
    erase_person,
    follow_erasure,
    give_role,
    hold_person,
    import_people,
    import_row,
    join_person,
    record_demographics,
    record_departure,
    take_back_person,
    take_scim_group,
    take_scim_user,
    take_told_person,
)
from services.people.usecases.erase_person import lasting
from services.people.usecases.forget_person import forget_person
from services.people.usecases.log_erasures import ErasureLog
from services.people.usecases.retain_people import Retention
from services.people.usecases.tell_hold import HoldTeller
from services.people.views import demographics, erasures, imports, people, units
from shared.audit.reads import always, once_shown
from shared.contracts.catalogue import all_messages
from shared.contracts.erasure import Forgotten
from shared.contracts.people import PersonSnapshot, PersonState, UnitState
from shared.runtime import Runtime
from shared.service import Service
from shared.worker import Hourly, Worker

POLL_SECONDS = 1.0
OVERDUE_SECONDS = 30.0
BY_WHAT_IS_SHOWN = ("read_numbers", "read_erasure", "read_import_problems")
"""Reads that are audited by what an answer has, not by what was asked for."""
LOOK_SECONDS = 60.0
FORGOTTEN = [kind for kind in all_messages() if issubclass(kind, Forgotten)]
"""How each service tells that it has forgotten somebody."""


def workers(runtime: Runtime) -> Sequence[Worker]:
    """What tells of holds, writes the log of erasures, erases by the clock and looks whether erasures end."""
    runtime.leased("hold-teller", HoldTeller(runtime.work).turn, poll=LOOK_SECONDS)
    file, days = runtime.settings.erasure_log_file, runtime.settings.retain_left_days
    if days is not None:
        retention = Retention(runtime.work, days=days, lasting=lasting(runtime.settings))
        runtime.leased("retention", Hourly(retention.turn).turn, poll=LOOK_SECONDS)
    if file is not None:
        runtime.leased("erasure-log", ErasureLog(runtime.work, file).turn, poll=POLL_SECONDS)
    recheck = timedelta(seconds=runtime.settings.erasure_recheck_seconds)
    watch = ErasureWatch(runtime.db, runtime.metrics, recheck=recheck, logs=file is not None)
    return (Worker("overdue", watch.turn, poll=OVERDUE_SECONDS),)


SCIM = UseCases(take_scim_user.take_scim_user, take_scim_group.take_scim_group, close_access.close_access)
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
        erase_person.router,
        hold_person.router,
        erasures.router,
    ],
    reactions=dict.fromkeys(FORGOTTEN, follow_erasure.follow_erasure),
    inbound={PersonSnapshot: take_told_person.take_told_person},
    fan_outs=[import_row.FAN_OUT],
    confidential={"read_demographics": always} | dict.fromkeys(BY_WHAT_IS_SHOWN, once_shown),
    unaudited=[IDENTIFIERS, SCIM_NAMES],
    states={PersonState: ("people", Person), UnitState: ("units", OrgUnit)},
    held=HELD,
    forget=forget_person,
    workers=workers,
    mounts={"/scim": partial(scim_app, SCIM)},
    prepare=partial(give_roles_anew, give_role.give_role),
    large_bodies={"/imports": import_people.LARGEST_FILE},
)
