"""What each kind of step is in HTTP: the request that does it, and what its answer tells of new ids."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.live.client import SuiteClient
from deploy.sample.quarter import steps as plan
from deploy.sample.quarter.steps import Ref, Step

Doer = Callable[["World", "Deed", Any], Awaitable[None]]
SECTIONS = ("achievements", "strengths", "development", "support", "outlook", "further")


@dataclass(slots=True)
class World:
    """What has been learnt so far: the real ids of what the plan calls by other names."""

    client: SuiteClient
    ids: dict[Ref, str] = field(default_factory=dict[Ref, str])
    drafts: dict[Ref, dict[str, Any]] = field(default_factory=dict[Ref, dict[str, Any]])
    units: dict[tuple[str | None, str], str] = field(default_factory=dict[tuple[str | None, str], str])
    unit_of: dict[str, str | None] = field(default_factory=dict[str, str | None])
    reviews: dict[tuple[Ref, str], str] = field(default_factory=dict[tuple[Ref, str], str])
    hr_admin: str = ""

    def review(self, cycle: Ref, person: str) -> str:
        """The id of a person's review in a cycle."""
        return self.reviews[cycle, person]


@dataclass(frozen=True, slots=True)
class Deed:
    """One step on its way: who, when, and a number that makes it the same when it is repeated."""

    number: int
    step: Step

    @property
    def person(self) -> str:
        """Who does it."""
        return self.step.as_person

    @property
    def at(self) -> datetime:
        """When."""
        return self.step.at

    async def send(
        self, world: World, service: str, method: str, path: str, body: Any = None, **more: Any
    ) -> dict[str, Any]:
        """The step's own command."""
        return await world.client.do(
            self.step.kind,
            method=method,
            service=service,
            path=path,
            as_person=more.pop("person", self.person),
            at=self.at,
            key=more.pop("key", str(self.number)),
            body=body,
            **more,
        )


async def draft_goal(world: World, deed: Deed, step: plan.DraftGoal) -> None:
    """A new draft; its key results are named by the plan's own refs."""
    body: dict[str, Any] = {
        "owner_id": step.owner,
        **_wording(step),
        "parent_id": world.ids[step.parent] if step.parent else None,
        "key_results": [_key_result(part) for part in step.key_results],
    }
    answer = await deed.send(world, "goals", "POST", "/goals", body)
    world.ids[step.ref] = answer["goal_id"]
    world.drafts[step.ref] = body


async def propose_goal(world: World, deed: Deed, step: plan.ProposeGoal) -> None:
    """The draft is proposed to the other."""
    await deed.send(
        world, "goals", "POST", f"/goals/{world.ids[step.goal]}/proposal", {"to_person_id": step.to}
    )


async def request_changes(world: World, deed: Deed, step: plan.RequestChanges) -> None:
    """A proposal is sent back."""
    path = f"/goals/{world.ids[step.goal]}/change-request"
    await deed.send(world, "goals", "POST", path, {"reason": step.reason})


async def revise_goal(world: World, deed: Deed, step: plan.ReviseGoal) -> None:
    """The draft is reworded, over the version that was read."""
    goal_id = world.ids[step.goal]
    now = await world.client.read("goals", f"/goals/{goal_id}", as_person=deed.person)
    draft = world.drafts[step.goal]
    draft |= {
        "description": step.description,
        "key_results": [_key_result(part) for part in step.key_results],
    }
    body = {name: value for name, value in draft.items() if name != "owner_id"}
    await deed.send(world, "goals", "PUT", f"/goals/{goal_id}", body, match=f'"v{now["version"]}"')


async def agree_goal(world: World, deed: Deed, step: plan.AgreeGoal) -> None:
    """The proposal is agreed to."""
    await deed.send(world, "goals", "POST", f"/goals/{world.ids[step.goal]}/agreement")


async def measure_key_result(world: World, deed: Deed, step: plan.MeasureKeyResult) -> None:
    """A new measurement."""
    path = f"/goals/{world.ids[step.goal]}/key-results/{slug(step.key_result)}/measurements"
    await deed.send(world, "goals", "POST", path, {"value": step.value, "note": step.note or ""})


async def check_in(world: World, deed: Deed, step: plan.CheckIn) -> None:
    """A check-in with what stands in the way."""
    blockers = [{"kind": each.kind, "description": each.text} for each in step.blockers]
    body = {"confidence": step.confidence, "comment": step.note, "blockers": blockers}
    await deed.send(world, "goals", "POST", f"/goals/{world.ids[step.goal]}/check-ins", body)


async def close_goal(world: World, deed: Deed, step: plan.CloseGoal) -> None:
    """A goal comes to its end."""
    body = {"outcome": step.outcome, "comment": step.note}
    await deed.send(world, "goals", "POST", f"/goals/{world.ids[step.goal]}/closure", body)


async def give_feedback(world: World, deed: Deed, step: plan.GiveFeedback) -> None:
    """Feedback unasked."""
    body = {
        "receiver_id": step.receiver,
        "kind": step.kind,
        "text": step.text,
        "visibility": step.visibility,
        "goal_id": world.ids[step.goal] if step.goal else None,
        "competency": slug(step.competency) if step.competency else None,
    }
    answer = await deed.send(world, "feedback", "POST", "/feedback", body)
    world.ids[step.ref] = answer["feedback_id"]


async def acknowledge_feedback(world: World, deed: Deed, step: plan.AcknowledgeFeedback) -> None:
    """The receiver has read it."""
    await deed.send(world, "feedback", "POST", f"/feedback/{world.ids[step.feedback]}/acknowledgement")


async def request_feedback(world: World, deed: Deed, step: plan.RequestFeedback) -> None:
    """One colleague is asked."""
    body = {
        "about_person_id": step.about,
        "asked_person_ids": [step.asked],
        "question": step.question,
        "goal_id": world.ids[step.goal] if step.goal else None,
    }
    answer = await deed.send(world, "feedback", "POST", "/feedback-requests", body)
    world.ids[step.ref] = answer["items"][0]["request_id"]


async def answer_request(world: World, deed: Deed, step: plan.AnswerRequest) -> None:
    """The one who was asked answers."""
    body = {"kind": step.kind, "text": step.text, "visibility": step.visibility}
    path = f"/feedback-requests/{world.ids[step.request]}/answer"
    answer = await deed.send(world, "feedback", "POST", path, body)
    world.ids[step.ref] = answer["feedback_id"]


async def decline_request(world: World, deed: Deed, step: plan.DeclineRequest) -> None:
    """The one who was asked would rather not."""
    path = f"/feedback-requests/{world.ids[step.request]}/declination"
    await deed.send(world, "feedback", "POST", path, {"reason": step.reason})


async def recognise(world: World, deed: Deed, step: plan.Recognise) -> None:
    """Colleagues are thanked in public."""
    body = {"receiver_ids": list(step.receivers), "value": slug(step.value), "text": step.text}
    answer = await deed.send(world, "feedback", "POST", "/recognitions", body)
    world.ids[step.ref] = answer["recognition_id"]


async def acknowledge_recognition(world: World, deed: Deed, step: plan.AcknowledgeRecognition) -> None:
    """One of them has seen it."""
    path = f"/recognitions/{world.ids[step.recognition]}/acknowledgement"
    await deed.send(world, "feedback", "POST", path)


async def launch_cycle(world: World, deed: Deed, step: plan.LaunchCycle) -> None:
    """HR launches a cycle for a population."""
    body = {
        "name": step.name,
        "period": {"starts_on": str(step.period_starts_on), "ends_on": str(step.period_ends_on)},
        "self_due_on": str(step.self_due_on),
        "manager_due_on": str(step.manager_due_on),
        "sections": [{"section_id": each, "title": each.capitalize()} for each in SECTIONS],
        "population": {"person_ids": list(step.people)},
    }
    answer = await deed.send(world, "reviews", "POST", "/cycles", body)
    world.ids[step.ref] = answer["cycle_id"]


async def learn_reviews(world: World) -> None:
    """Look up the ids of the reviews that have opened, as HR sees them."""
    cycles = {id_: ref for ref, id_ in world.ids.items() if id_.startswith("cycle_")}
    for cycle_id, ref in cycles.items():
        found = await world.client.read_all(
            "reviews", "/reviews", as_person=world.hr_admin, cycle_id=cycle_id
        )
        world.reviews |= {(ref, review["person_id"]): review["review_id"] for review in found}


async def assess_self(world: World, deed: Deed, step: plan.AssessSelf) -> None:
    """The person's own view."""
    path = f"/reviews/{world.review(step.cycle, step.person)}/self-assessment/submission"
    await deed.send(world, "reviews", "POST", path, _written(step))


async def assess_report(world: World, deed: Deed, step: plan.AssessReport) -> None:
    """The manager's view."""
    path = f"/reviews/{world.review(step.cycle, step.person)}/manager-assessment/submission"
    await deed.send(world, "reviews", "POST", path, _written(step))


async def share_review(world: World, deed: Deed, step: plan.ShareReview) -> None:
    """The person may read it."""
    await deed.send(world, "reviews", "POST", f"/reviews/{world.review(step.cycle, step.person)}/sharing")


async def acknowledge_review(world: World, deed: Deed, step: plan.AcknowledgeReview) -> None:
    """The person has read it."""
    path = f"/reviews/{world.review(step.cycle, step.person)}/acknowledgement"
    await deed.send(world, "reviews", "POST", path, {"comment": step.comment})


def _wording(step: plan.DraftGoal) -> dict[str, Any]:
    return {
        "title": step.title,
        "description": step.description,
        "kind": step.kind,
        "level": step.level,
        "visibility": step.visibility,
        "relevance": step.relevance,
        "weight": step.weight,
        "starts_on": str(step.starts_on),
        "due_on": str(step.due_on),
    }


def _key_result(part: plan.KeyResult) -> dict[str, Any]:
    return {
        "key_result_id": slug(part.ref),
        "title": part.title,
        "type": part.type,
        "unit": part.unit,
        "start": part.start,
        "target": part.target,
        "weight": part.weight,
    }


def _written(step: plan.AssessSelf | plan.AssessReport) -> dict[str, Any]:
    texts = dict(zip(SECTIONS, (answer.text for answer in step.answers), strict=False))
    return {"rating": step.rating, "texts": texts}


def slug(name: str) -> str:
    """A name as a key: lower case, without spaces and dots."""
    return name.lower().replace(" ", "-").replace(".", "-")
