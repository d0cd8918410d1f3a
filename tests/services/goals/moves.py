"""How each move of a goal's life is asked for, and what the model makes of it; see life.py."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from tests.services.goals.life import OTHER, Deed, Modelled, Reported, picked, step_of

CANARY: Final = "canary-2207"
Request = tuple[str, str, Any]


class World(Protocol):
    """What requests and effects need to know of what is around a goal."""

    top: str
    minute: int
    goals: list[Modelled]

    def said(self, x: int, *, quarter: str, parent: str | None) -> dict[str, Any]:
        """The whole wording of a draft that weighs 25 x."""
        ...

    def category(self) -> str:
        """One that nothing else has."""
        ...

    def period(self, quarter: str) -> str:
        """Its id."""
        ...


Ask = Callable[[World, Modelled, int], Request]
Effect = Callable[[World, Modelled, str, int, Any], None]


def to(path: str, body: Any = None, method: str = "POST") -> Ask:
    return lambda _, goal, __: (method, goal.path + path, body)


def of_deed(path: str, body: Callable[[int], Any]) -> Ask:
    return lambda _, goal, x: (
        "POST",
        (picked(goal.deeds, x).path if goal.deeds else f"{goal.path}/initiatives/none") + path,
        body(x),
    )


def correction(_: World, goal: Modelled, x: int) -> Request:
    id_ = picked(goal.reported, x).id if goal.reported else "none"
    right = {"reason": CANARY, "value": None if x % 2 else float(x)}
    return "POST", f"{goal.path}/measurements/{id_}/correction", right


def milestone(_: World, goal: Modelled, x: int) -> Request:
    step = step_of(x)
    path = f"{goal.path}/key-results/steps/milestones/{step}"
    return "PUT", path, {"reached": step not in goal.reached, "note": CANARY}


REQUESTS: Final[dict[str, Ask]] = {
    "reword": lambda all_, goal, x: (
        "PUT",
        goal.path,
        {**all_.said(x, quarter=goal.quarter, parent=goal.parent), "visibility": "line"},
    ),
    "propose": to("/proposal", {}),
    "withdraw": to("/withdrawal"),
    "agree": to("/agreement"),
    "ask for changes": to("/change-request", {"reason": CANARY}),
    "decline": to("/refusal", {"reason": CANARY}),
    "measure": lambda _, goal, x: (
        "POST",
        f"{goal.path}/key-results/reach/measurements",
        {"value": x * 3.0, "note": CANARY},
    ),
    "step": milestone,
    "correct": correction,
    "check in": to("/check-ins", {"confidence": 0.5, "comment": CANARY}),
    "amend words": lambda all_, goal, x: (
        "POST",
        f"{goal.path}/amendment",
        {"category": all_.category(), "reason": CANARY},
    ),
    "amend weight": lambda _, goal, x: (
        "POST",
        f"{goal.path}/amendment",
        {"weight": x * 25, "reason": CANARY},
    ),
    "agree to change": to("/amendment/agreement"),
    "decline change": to("/amendment/refusal", {"reason": CANARY}),
    "withdraw change": to("/amendment/withdrawal"),
    "grade oneself": to("/self-grade", {"grade": 0.5, "comment": CANARY}),
    "grade": to("/final-grade", {"grade": 0.5, "comment": CANARY}),
    "look back": to("/retrospective", {"lessons": CANARY}, "PUT"),
    "close": to("/closure", {"comment": CANARY}),
    "cancel": to("/closure", {"outcome": "cancelled", "comment": CANARY}),
    "carry over": lambda all_, goal, x: ("POST", f"{goal.path}/carry-over", {"period_id": all_.period("q2")}),
    "align": lambda all_, goal, x: (
        "PUT",
        f"{goal.path}/parent",
        {"parent_id": all_.top if x % 2 else None},
    ),
    "plan deed": to(
        "/initiatives",
        {"title": CANARY, "owner_id": "peer", "starts_on": "2026-01-10", "due_on": "2026-02-10"},
    ),
    "report": of_deed("/reports", lambda x: {"share_done": x / 4, "note": CANARY}),
    "end deed": of_deed("/closure", lambda x: {"outcome": "done" if x % 2 else "dropped", "reason": CANARY}),
}


def reworded(_: World, goal: Modelled, __: str, x: int, ___: Any) -> None:
    fresh = Modelled(goal.id, goal.quarter, x * 25)
    goal.weight, goal.start, goal.steps = fresh.weight, fresh.start, fresh.steps


def is_asked(_: World, goal: Modelled, who: str, __: int, ___: Any) -> None:
    goal.status, goal.asked = "proposed", OTHER[who]


def becomes(status: str) -> Effect:
    def effect(_: World, goal: Modelled, __: str, ___: int, ____: Any) -> None:
        goal.status, goal.asked = status, None

    return effect


def ends(outcome: str) -> Effect:
    def effect(_: World, goal: Modelled, __: str, ___: int, ____: Any) -> None:
        goal.end(outcome or goal.by_score)
        goal.end_deeds()

    return effect


def measured(world: World, goal: Modelled, _: str, x: int, answer: Any) -> None:
    goal.reported.append(Reported(answer["measurement_id"], world.minute, x * 3.0))


def stepped(_: World, goal: Modelled, __: str, x: int, ___: Any) -> None:
    goal.reached ^= {step_of(x)}


def corrected(_: World, goal: Modelled, __: str, x: int, answer: Any) -> None:
    wrong = picked(goal.reported, x)
    wrong.counts = False
    if x % 2 == 0:
        goal.reported.append(Reported(answer["measurement_id"], wrong.at, float(x)))


def another_edition(_: World, goal: Modelled, __: str, ___: int, ____: Any) -> None:
    goal.edition += 1


def wants(_: World, goal: Modelled, who: str, x: int, __: Any) -> None:
    goal.wanted, goal.asked = x * 25, OTHER[who]


def changed(_: World, goal: Modelled, __: str, ___: int, ____: Any) -> None:
    assert goal.wanted is not None
    goal.weight, goal.edition = goal.wanted, goal.edition + 1
    goal.wanted = goal.asked = None


def unchanged(_: World, goal: Modelled, __: str, ___: int, ____: Any) -> None:
    goal.wanted = goal.asked = None


def graded(world: World, goal: Modelled, who: str, x: int, answer: Any) -> None:
    del world, x, answer
    goal.grades.append("self" if who == "anna" else "final")


def goes_on(world: World, goal: Modelled, _: str, __: int, answer: Any) -> None:
    shares, now = goal.shares, goal.start if goal.value is None else goal.value
    new = Modelled(answer["goal_id"], "q2", goal.weight, parent=goal.parent)
    new.start = now if shares.get("reach", 1) != 1 else None
    left = {step: weight for step, weight in goal.steps.items() if step not in goal.reached}
    new.steps = left if shares.get("steps", 1) != 1 else {}
    for deed in [deed for deed in goal.deeds if deed.is_open and deed.share != 1]:
        goal.deeds.remove(deed)
        new.deeds.append(Deed(deed.path.replace(goal.path, new.path), deed.share, deed.status))
    goal.end("carried_over")
    goal.end_deeds()
    world.goals.append(new)


def aligned(world: World, goal: Modelled, _: str, x: int, __: Any) -> None:
    before, goal.parent = goal.parent, world.top if x % 2 else None
    if goal.status == "agreed" and goal.parent != before:
        goal.edition += 1


def planned(_: World, goal: Modelled, __: str, ___: int, answer: Any) -> None:
    goal.deeds.append(Deed(f"{goal.path}/initiatives/{answer['initiative_id']}"))


def reported(_: World, goal: Modelled, __: str, x: int, ___: Any) -> None:
    deed = picked(goal.deeds, x)
    deed.share = x / 4
    deed.status = "under_way" if x else deed.status


def ended(_: World, goal: Modelled, __: str, x: int, ___: Any) -> None:
    deed = picked(goal.deeds, x)
    deed.status, deed.share = ("done", 1.0) if x % 2 else ("dropped", deed.share)


EFFECTS: Final[dict[str, Effect]] = {
    "reword": reworded,
    "propose": is_asked,
    "withdraw": becomes("draft"),
    "agree": becomes("agreed"),
    "ask for changes": becomes("draft"),
    "decline": ends("cancelled"),
    "measure": measured,
    "step": stepped,
    "correct": corrected,
    "amend words": another_edition,
    "amend weight": wants,
    "agree to change": changed,
    "decline change": unchanged,
    "withdraw change": unchanged,
    "grade oneself": graded,
    "grade": graded,
    "close": ends(""),
    "cancel": ends("cancelled"),
    "carry over": goes_on,
    "align": aligned,
    "plan deed": planned,
    "report": reported,
    "end deed": ended,
}
"""Check-ins and retrospectives leave nothing that the model follows."""
