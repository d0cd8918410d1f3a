"""A hold that is placed in one service keeps what another one holds, told by a real Kafka."""

from datetime import timedelta
from typing import Any

from deploy.local.topics import make_topics
from services.goals.app import SERVICE as GOALS
from services.people.app import SERVICE as PEOPLE
from services.people.usecases.tell_hold import HoldTeller
from shared.contracts.people import HoldState
from shared.messaging.envelope import topic_of
from tests.services.goals.house import NOW, GoalsHouse
from tests.services.house import clock_at
from tests.services.people.house import House

LATER = NOW + timedelta(days=31)


async def send_holds(people: House) -> None:
    """Nothing else, since others of this run may read the topics too."""
    for _ in range(2):
        await people.db["outbox"].delete_many({"topic": {"$ne": topic_of(HoldState)}})
        await people.runtime.relay.turn()
        assert await people.db["outbox"].count_documents({"sent": False}) == 0
        await HoldTeller(people.work).turn()
    await people.runtime.relay.close()


async def test_what_is_held_stays_and_goes_once_the_hold_is_lifted(open_house: Any) -> None:
    people: House = await open_house(PEOPLE, House)
    goals: GoalsHouse = await open_house(GOALS, GoalsHouse, retain_days={"goal": 30})
    await make_topics(people.settings)
    await goals.found()
    held, free = await people.hire("Held One"), await people.hire("Free One")
    for person_id in (held, free):
        await goals.hire(person_id, manager_id="manager")
    kept, gone = await goals.closed(held), await goals.closed(free)
    path, officer = f"/people/{held}/legal-hold", people.as_("officer", "privacy_officer")
    assert (await officer.send("PUT", path, {"case": "C-1"})).is_success
    await send_holds(people)
    retention = goals.runtime.retention(GOALS.ages[0])
    with clock_at(goals.work, LATER):
        assert [await retention.turn(), await retention.turn()] == [True, False]
        assert await goals.db["goals"].distinct("_id", {"_id": {"$in": [kept, gone]}}) == [kept]
        assert (await officer.send("DELETE", path)).is_success
        await send_holds(people)
        assert await retention.turn() is True
    assert await goals.db["goals"].count_documents({}) == 0
    counted = goals.runtime.metrics.registry.get_sample_value
    assert counted("cairn_removed_for_age_total", {"kind": "goal"}) == 2
