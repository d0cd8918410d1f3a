"""Many measurements at once, over HTTP and from the topic: each by itself, each once, none lost silently."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from shared.messaging.envelope import Record
from shared.messaging.parked import PARKED
from shared.messaging.sweeper import Sweeper, ask_redrive
from tests.services.goals.house import NOW, GoalsHouse

TOPIC = "cairn.goals.measurements"
TYPE = "cairn.goals.measurement.v1"


def one(goal_id: str, value: float, **more: Any) -> dict[str, Any]:
    return {"goal_id": goal_id, "key_result_id": "reach", "value": value, **more}


async def values(house: GoalsHouse, goal_id: str) -> list[float]:
    """All that was ever measured of the goal, the newest first."""
    return [
        each["value"] for each in (await house.as_("anna").read(f"/goals/{goal_id}/measurements"))["items"]
    ]


async def send(house: GoalsHouse, *measurements: dict[str, Any], who: Any = None) -> dict[str, Any]:
    caller = who or house.as_("warehouse", "measuring_system")
    answer = await caller.post("/measurements", {"measurements": list(measurements)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_machine_reports_many_and_hears_of_each(house: GoalsHouse) -> None:
    first, second, draft = await house.agreed(), await house.agreed(), await house.drafted()
    answer = await send(
        house,
        one(first, 3, measured_at="2026-01-10T12:00:00Z"),
        one("unknown", 1),
        one(second, 4),
        one(draft, 5),
        one(first, 1, key_result_id="other"),
        one(second, 6, measured_at="2027-01-01T00:00:00Z"),
    )
    assert (answer["taken"], answer["known"], answer["refused"]) == (2, 0, 4)
    assert [each["rule"] for each in answer["results"]] == [
        None,
        "not-found",
        None,
        "goal-not-in-stage",
        "not-found",
        "measured-in-future",
    ]
    assert all(each["detail"] for each in answer["results"] if each["status"] == "refused")
    assert (await values(house, first), await values(house, second)) == ([3], [4])
    taken = await house.as_("anna").read(
        f"/goals/{first}/measurements/{answer['results'][0]['measurement_id']}"
    )
    assert (taken["source"], taken["system"]) == ("machine", "warehouse")


async def test_what_a_sender_has_named_counts_once_however_often_it_comes(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    first = await send(house, one(goal_id, 3, id="a|b"), one(goal_id, 4, id="a|b"))
    assert [each["status"] for each in first["results"]] == ["taken", "known"]
    assert (await send(house, one(goal_id, 9, id="a|b")))["known"] == 1
    other = house.as_("warehouse|a", "measuring_system")
    assert (await send(house, one(goal_id, 5, id="b"), who=other))["taken"] == 1
    assert await values(house, goal_id) == [5, 3]


async def test_of_many_that_held_at_one_time_the_last_one_counts_everywhere(house: GoalsHouse) -> None:
    goal_id, at = await house.agreed(), {"measured_at": "2026-01-10T00:00:00Z"}
    early = await send(house, one(goal_id, 1, measured_at="2026-01-05T00:00:00Z"))
    await send(house, one(goal_id, 9, **at), one(goal_id, 4, **at), one(goal_id, 6, **at))
    path, then = f"/goals/{goal_id}", (NOW + timedelta(hours=1)).isoformat()

    async def told() -> list[float]:
        goals = [await house.goal(goal_id), await house.as_("anna").read(f"{path}/as-of", at=then)]
        return [each["key_results"][0]["current"] for each in goals]

    assert await told() == [6, 6]
    chart = await house.as_("anna").get(f"{path}/chart.svg", key_result_id="reach")
    assert "measured: 6 customers" in chart.text
    correction = f"{path}/measurements/{early['results'][0]['measurement_id']}/correction"
    await house.as_("manager").does(correction, {"reason": "Nobody counted."})
    assert await told() == [6, 6]


async def test_without_a_name_the_same_value_is_another_measurement(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    assert (await send(house, one(goal_id, 3), one(goal_id, 3)))["taken"] == 2


async def test_a_person_reports_many_of_their_own_and_of_nobody_else(house: GoalsHouse) -> None:
    own, foreign = await house.agreed("anna"), await house.agreed("ben")
    answer = await send(house, one(own, 3), one(foreign, 3), who=house.as_("anna"))
    assert [each["status"] for each in answer["results"]] == ["taken", "refused"]
    assert answer["results"][1]["rule"] == "not-found"
    assert await values(house, own) == [3]


@pytest.mark.parametrize(
    "body",
    [
        {"measurements": []},
        {"measurements": [one("g", 1)] * 501},
        {"measurements": one("g", 1)},
        {},
    ],
    ids=["none", "too many", "no list", "nothing"],
)
async def test_what_is_not_in_form_is_refused_as_a_whole(house: GoalsHouse, body: dict[str, Any]) -> None:
    answer = await house.as_("warehouse", "measuring_system").post("/measurements", body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_one_that_is_not_in_form_says_so_and_keeps_no_other_from_being_taken(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    odd: list[Any] = [
        one(goal_id, 1e16),
        one(goal_id, 1, measured_at="2026-01-01T00:00:00"),
        one(goal_id, 1, id=""),
        {"goal_id": goal_id, "value": 1},
        {**one(goal_id, 1), "value": "5"},
        {**one(goal_id, 1), "value": True},
        {**one(goal_id, 1), "valeu": 2},
        {**one(goal_id, 1), "note": "a\u202eb"},
        {**one(goal_id, 1), "measured_at": 1700000000},
        {**one(goal_id, 1), "measured_at": "yesterday"},
        one(goal_id, 1, id="a\u202eb"),
        7,
    ]
    answer = await send(house, *odd, one(goal_id, 4))
    assert (answer["taken"], answer["refused"]) == (1, len(odd))
    assert {each["rule"] for each in answer["results"][:-1]} == {"not-in-form"}
    places = [each["detail"].partition(":")[0] for each in answer["results"][:-2]]
    assert places[:7] == ["value", "measured_at", "id", "key_result_id", "value", "value", "valeu"]
    assert places[7:] == ["note", "measured_at", "measured_at", "id"]
    assert answer["results"][6]["detail"] == "valeu: There is no field of this name. Did you mean value?"
    assert await values(house, goal_id) == [4]


def told(
    value: Any,
    *,
    offset: int = 0,
    id_: str = "m-1",
    type_: str = TYPE,
    source: str = "urn:erp",
    **headers: str,
) -> Record:
    """A CloudEvent in binary mode, as a system of the enterprise sends it."""
    said = {"ce_id": id_, "ce_source": source, "ce_specversion": "1.0", "ce_type": type_, **headers}
    fields = tuple((name, text.encode()) for name, text in said.items())
    return Record(
        TOPIC, 0, offset, b"any", value if isinstance(value, bytes) else orjson.dumps(value), fields
    )


async def take(house: GoalsHouse, *records: Record) -> list[str]:
    """What became of the records."""
    [gate] = house.runtime.gates
    jobs = [gate.reader.read(record) for record in records]
    await house.work.execute(jobs, gate.plan_final)
    return [job.outcome for job in jobs]


async def parked(house: GoalsHouse) -> dict[str, tuple[str, str]]:
    rows = await house.db[PARKED].find().sort("_id", 1).to_list(None)
    return {row["_id"]: (row["reason"], row["error"]) for row in rows}


async def test_a_system_tells_a_measurement_and_it_counts_once(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    record = told(one(goal_id, 7), ce_time="2026-01-11T08:00:00Z")
    assert await take(house, record, record) == ["applied", "applied"]
    assert await take(house, record) == ["applied"]
    [kept] = (await house.as_("anna").read(f"/goals/{goal_id}/measurements"))["items"]
    assert (kept["value"], kept["measured_at"], kept["system"]) == (7, "2026-01-11T08:00:00Z", "urn:erp")
    assert (await house.last(goal_id))["said"] == "key_result_measured"
    assert await parked(house) == {}


async def test_structured_mode_is_taken_too(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "urn:erp",
        "type": TYPE,
        "data": one(goal_id, 7, measured_at="2026-01-11T08:00:00+02:00"),
    }
    content = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
    record = Record(TOPIC, 0, 0, None, orjson.dumps(event), content)
    assert await take(house, record) == ["applied"]
    assert await values(house, goal_id) == [7]


async def test_what_cannot_be_taken_is_parked_with_the_reason_and_holds_up_nothing(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    bad = [
        told(b"{", offset=1, id_="1"),
        told(one(goal_id, 1), offset=2, id_="2", type_="cairn.goals.weight.v1"),
        told(one(goal_id, 1), offset=3, id_="3", type_="cairn.goals.measurement.v2"),
        told({"goal_id": goal_id}, offset=4, id_="4"),
        told(one("unknown", 1), offset=5, id_="5"),
        told(one(goal_id, 1, measured_at="2999-01-01T00:00:00Z"), offset=6, id_="6"),
        told(one(goal_id, 1), offset=71, id_="7", ce_time="yesterday"),
        Record(TOPIC, 0, 7, None, None, ()),
        told(one(goal_id, 1, measured_at="0001-01-01T00:00:00+14:00"), offset=8, id_="8"),
    ]
    good = told(one(goal_id, 2), offset=9, id_="9")
    assert await take(house, *bad, good) == ["parked"] * len(bad) + ["applied"]
    found = await parked(house)
    reasons = [reason for reason, _ in found.values()]
    assert reasons == ["unreadable"] * 4 + ["refused"] * 2 + ["unreadable"] * 3
    said = [error for _, error in found.values()]
    assert "is not taken here; send cairn.goals.measurement.v1" in said[1]
    assert "newer than .v1" in said[2]
    assert "key_result_id" in said[3]
    assert said[4].startswith("not-found: ")
    assert said[5].startswith("measured-in-future: ")
    assert await values(house, goal_id) == [2]


async def test_what_was_refused_is_taken_when_it_is_tried_again_and_the_reason_is_gone(
    house: GoalsHouse,
) -> None:
    goal_id = await house.proposed()
    assert await take(house, told(one(goal_id, 5), offset=1)) == ["parked"]
    sweeper = Sweeper(house.work, house.runtime.guards, house.runtime.gates)
    assert await ask_redrive(house.db) == 1
    await sweeper.turn()
    assert [reason for reason, _ in (await parked(house)).values()] == ["refused"]
    assert await sweeper.turn() is False
    await house.as_("manager").at(NOW).does(f"/goals/{goal_id}/agreement")
    assert await ask_redrive(house.db, source=f"{TOPIC}:0:1") == 1
    assert await sweeper.turn() is True
    assert await parked(house) == {}
    assert await values(house, goal_id) == [5]


async def test_a_word_of_the_note_is_on_no_topic(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await take(house, told(one(goal_id, 5, note="canary-4711")))
    assert "canary" not in str(await house.published()) + str(await house.published(topic="state"))
