"""Some people and what they have done, so that every id that an address may hold exists many times.

`BOSS` may nearly everything: with every role, at the top of the line, and asked to agree.
"""

import csv
import io
import time
from typing import Any

from tests.suite.house import House

IMPORTER = ("importer", "hr_admin")
EVERY_ROLE = ("hr_partner", "hr_admin", "executive", "auditor")
STAFF = ("boss", "anna", "ben")
EXTRAS = 30
"""People who may be moved, changed and let go without anybody missing them."""
KEY_RESULTS = [
    {"key_result_id": "grow", "title": "Grow", "type": "increase", "start": 1, "target": 9},
    {"key_result_id": "shrink", "title": "Shrink", "type": "decrease", "start": 9, "target": 1},
    {"key_result_id": "hold", "title": "Hold", "type": "stay_above", "target": 99.5},
    {"key_result_id": "first", "title": "Look first", "type": "baseline", "target": 1},
]
CYCLE = {
    "name": "First quarter",
    "period": {"starts_on": "2026-01-01", "ends_on": "2026-03-31"},
    "self_due_on": "2099-04-15",
    "manager_due_on": "2099-04-30",
    "population": {"everyone": True},
}


def populate(house: House) -> None:
    """Fill a house: `STAFF` and all that they have done."""
    people = _import_people(house)
    boss, anna, ben = (people[name] for name in STAFF)
    as_boss = (boss, *EVERY_ROLE)
    unit_ids = [unit["unit_id"] for unit in house.listed("people", "/units", as_=as_boss)]
    for unit_id in unit_ids[1:3]:
        body = {"hr_partner_ids": [boss]}
        house.does("people", f"/units/{unit_id}", body, as_=as_boss, method="PATCH")
    house.ids |= {
        "unit_id": unit_ids,
        "person_id": [id_ for name, id_ in people.items() if name not in STAFF],
        "import_id": [each["import_id"] for each in house.listed("people", "/imports", as_=as_boss)],
        "staff_id": [boss, anna, ben],
    }
    _goals(house, boss, anna, ben)
    _feedback(house, boss, anna, ben)
    _reviews(house, boss, anna, ben)
    house.require_rest()
    house.ids["notification_id"] = [
        each["notification_id"]
        for person in (boss, anna, ben)
        for each in house.listed("notifications", "/notifications", as_=(person,))
    ]
    empty = [name for name, ids in house.ids.items() if not ids]
    assert empty == [], f"nothing was made of {empty}"
    house.staff = dict(zip(STAFF, (boss, anna, ben), strict=True))


def _import_people(house: House) -> dict[str, str]:
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["employee_number", "given_name", "family_name", "email", "department", "manager"])
    extras = [f"extra{number}" for number in range(EXTRAS)]
    for number, name in enumerate([*STAFF, *extras]):
        manager = "" if name == "boss" else "0" if number % 2 else "1"
        manager = "0" if name in {"anna", "ben"} else manager
        rows.writerow([number, name, "Doe", f"{name}@example.com", f"Department {number % 4}", manager])
    answer = house.ask(
        "people",
        "POST",
        "/imports",
        as_=IMPORTER,
        content=table.getvalue(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 202, answer.text
    path = f"/imports/{answer.json()['import_id']}"
    deadline = time.monotonic() + 60
    while (run := house.ask("people", "GET", path, as_=IMPORTER).json())["state"] != "done":
        assert time.monotonic() < deadline, run
        time.sleep(0.1)
    house.require_rest()
    people = house.listed("people", "/people", as_=IMPORTER)
    assert len(people) == EXTRAS + len(STAFF)
    return {person["given_name"]: person["person_id"] for person in people}


def _goals(house: House, boss: str, anna: str, ben: str) -> None:
    """Goals in every stage, those of anna and ben agreed by boss, with what was measured."""
    found: dict[str, list[str]] = {
        name: [] for name in ("goal_id", "measurement_id", "check_in_id", "initiative_id")
    }
    stages = ["draft"] * 4 + ["proposed"] * 4 + ["agreed"] * 7 + ["closed"]
    for owner, asked, stage in [
        *((anna, boss, stage) for stage in stages),
        *((ben, boss, stage) for stage in stages),
        *((boss, boss, stage) for stage in stages[:4]),
    ]:
        goal_id = _goal(house, owner, asked, stage)
        found["goal_id"].append(goal_id)
        if stage != "closed":
            plan = {"title": "Do it", "owner_id": ben, "starts_on": "2026-01-01", "due_on": "2099-12-31"}
            made = house.does("goals", f"/goals/{goal_id}/initiatives", plan, as_=(owner,))
            found["initiative_id"].append(made["initiative_id"])
        if stage == "agreed":
            for kind, path in (("measurement_id", "measurements"), ("check_in_id", "check-ins")):
                listed = house.listed("goals", f"/goals/{goal_id}/{path}", as_=(owner,))
                found[kind] += [each[kind] for each in listed]
    wanted = {"title": "Learn {unit}", "days": 30, "key_results": KEY_RESULTS, "published": True}
    templates = [house.does("goals", "/goal-templates", wanted, as_=(boss, *EVERY_ROLE)) for _ in range(3)]
    found["template_id"] = [each["template_id"] for each in templates]
    house.ids |= found
    house.ids["key_result_id"] = [str(part["key_result_id"]) for part in KEY_RESULTS]


def _goal(house: House, owner: str, asked: str, stage: str) -> str:
    body: dict[str, Any] = {
        "title": "Ship it",
        "description": "To everyone who waits for it",
        "relevance": "They wait",
        "starts_on": "2026-01-01",
        "due_on": "2099-12-31",
        "key_results": KEY_RESULTS,
    }
    goal_id = house.does("goals", "/goals", body, as_=(owner,))["goal_id"]
    path = f"/goals/{goal_id}"
    if stage != "draft":
        house.does("goals", f"{path}/proposal", {"to_person_id": asked}, as_=(owner,))
    if stage in {"agreed", "closed"}:
        house.does("goals", f"{path}/agreement", as_=(asked,))
        house.does("goals", f"{path}/key-results/grow/measurements", {"value": 3}, as_=(owner,))
        house.does("goals", f"{path}/check-ins", {"confidence": 0.5}, as_=(owner,))
    if stage == "closed":
        house.does("goals", f"{path}/closure", {"outcome": "missed"}, as_=(owner,))
    return goal_id


def _feedback(house: House, boss: str, anna: str, ben: str) -> None:
    found: dict[str, list[str]] = {name: [] for name in ("feedback_id", "request_id", "recognition_id")}
    value = house.ask("feedback", "GET", "/values", as_=(boss,)).json()["terms"][0]["key"]
    pairs = [(anna, boss), (boss, anna), (ben, boss), (boss, ben)]
    for giver, receiver in pairs * 3:
        told = {"receiver_id": receiver, "kind": "praise", "text": "Well done", "visibility": "public"}
        found["feedback_id"].append(house.does("feedback", "/feedback", told, as_=(giver,))["feedback_id"])
        question = {"about_person_id": giver, "asked_person_ids": [receiver], "question": "How was it?"}
        asked = house.does("feedback", "/feedback-requests", question, as_=(giver,))
        found["request_id"] += [each["request_id"] for each in asked["items"]]
        thanks = {"receiver_ids": [receiver], "value": value, "text": "Thank you"}
        thanked = house.does("feedback", "/recognitions", thanks, as_=(giver,))
        found["recognition_id"].append(thanked["recognition_id"])
    house.ids |= found
    house.ids["value"] = [value]


def restore_value(house: House) -> str:
    """One of the organisation's values, listed again if other tests have replaced the list."""
    as_ = (house.staff["boss"], *EVERY_ROLE)
    value = house.ids["value"][0]
    now = house.ask("feedback", "GET", "/values", as_=as_)
    if value not in [each["key"] for each in now.json()["terms"]]:
        headers = {"If-Match": now.headers["ETag"]}
        terms = {"terms": [{"key": value, "name": "What it was"}]}
        house.ask("feedback", "PUT", "/values", as_=as_, headers=headers, json=terms).raise_for_status()
    return value


def _reviews(house: House, boss: str, anna: str, ben: str) -> None:
    """Reviews of everybody in three cycles, some of them assessed and some shared."""
    as_boss = (boss, *EVERY_ROLE)
    cycles = [house.does("reviews", "/cycles", CYCLE, as_=as_boss)["cycle_id"] for _ in range(3)]
    house.require_rest()
    reviews = house.listed("reviews", "/reviews", as_=as_boss)
    words = {"texts": {"achievements": "Shipped it"}}
    for number, review in enumerate(reviews):
        path = f"/reviews/{review['review_id']}"
        if review["reviewer_id"] != boss or number % 3 == 0:
            continue
        submission = f"{path}/self-assessment/submission"
        house.does("reviews", submission, words, as_=(review["person_id"],))
        if number % 3 == 2:
            rated = {**words, "rating": 3}
            house.does("reviews", f"{path}/manager-assessment/submission", rated, as_=as_boss)
            house.does("reviews", f"{path}/sharing", as_=as_boss)
    house.ids |= {"cycle_id": cycles, "review_id": [review["review_id"] for review in reviews]}
