"""Carries a plan out: steps that have nothing to do with each other side by side, the others in order.

A step waits for the earlier ones about the same things.  What changes the organisation itself, and
the launch of a cycle, is a milestone: everything before it is done and has reached every service
before anything after it begins.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from deploy.live import deeds, people_deeds
from deploy.live.client import DeedFailedError
from deploy.live.deeds import Deed, Doer, World
from deploy.live.figures import settled
from deploy.sample.quarter import steps as plan
from deploy.sample.quarter.steps import Step

AT_ONCE = 32
WINDOW = 96
"""How many steps may be under way or waiting: how far the quarter may run ahead of its slowest."""
Progress = Callable[[int, int], None]

DOERS: Mapping[type, Doer] = {
    plan.DraftGoal: deeds.draft_goal,
    plan.ProposeGoal: deeds.propose_goal,
    plan.RequestChanges: deeds.request_changes,
    plan.ReviseGoal: deeds.revise_goal,
    plan.AgreeGoal: deeds.agree_goal,
    plan.MeasureKeyResult: deeds.measure_key_result,
    plan.CheckIn: deeds.check_in,
    plan.CloseGoal: deeds.close_goal,
    plan.GiveFeedback: deeds.give_feedback,
    plan.AcknowledgeFeedback: deeds.acknowledge_feedback,
    plan.RequestFeedback: deeds.request_feedback,
    plan.AnswerRequest: deeds.answer_request,
    plan.DeclineRequest: deeds.decline_request,
    plan.Recognise: deeds.recognise,
    plan.AcknowledgeRecognition: deeds.acknowledge_recognition,
    plan.LaunchCycle: deeds.launch_cycle,
    plan.AssessSelf: deeds.assess_self,
    plan.AssessReport: deeds.assess_report,
    plan.ShareReview: deeds.share_review,
    plan.AcknowledgeReview: deeds.acknowledge_review,
    plan.AssignHrPartner: people_deeds.assign_hr_partner,
    plan.ChangeManager: people_deeds.change_manager,
    plan.MovePerson: people_deeds.move_person,
    plan.RecordLeaving: people_deeds.record_leaving,
}
MILESTONES = (plan.LaunchCycle, plan.ChangeManager, plan.MovePerson, plan.RecordLeaving, plan.AssignHrPartner)
_OWN = ("ref", "goal", "feedback", "request", "recognition")
_OTHERS = ("parent",)


async def carry_out(world: World, steps: Sequence[Step], progress: Progress) -> None:
    """Do all steps; raises `DeedFailedError` for the first that is refused."""
    run = _Run(world, total=len(steps), progress=progress)
    numbered = [Deed(number, step) for number, step in enumerate(steps)]
    try:
        for index, deed in enumerate(numbered):
            milestone = isinstance(deed.step.payload, MILESTONES)
            if milestone and not _continues(numbered, index):
                await run.rest()
            await run.begin(deed)
            if milestone and not _continues(numbered, index + 1):
                await run.rest()
        await run.finish()
    finally:
        await run.give_up()


def _continues(deeds_: Sequence[Deed], index: int) -> bool:
    """Whether the milestone at `index` is of the same kind as the one before it."""
    if not 0 < index < len(deeds_):
        return False
    before, here = deeds_[index - 1].step, deeds_[index].step
    return isinstance(here.payload, MILESTONES) and here.kind == before.kind


class _Run:
    """Steps under way, by what they are about."""

    def __init__(self, world: World, *, total: int, progress: Progress) -> None:
        self._world = world
        self._total = total
        self._progress = progress
        self._done = 0
        self._places = asyncio.Semaphore(AT_ONCE)
        self._last: dict[object, asyncio.Task[None]] = {}
        self._readers: dict[object, set[asyncio.Task[None]]] = {}
        self._all: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    async def begin(self, deed: Deed) -> None:
        """Start a step; it waits for the earlier ones about the same things, and few are ahead of others."""
        while len(self._all) >= WINDOW:
            await asyncio.wait(set(self._all), return_when=asyncio.FIRST_COMPLETED)
        if self._failure is not None:
            raise self._failure
        own, others = _subjects(deed.step)
        before = {self._last[key] for key in (*own, *others) if key in self._last}
        before |= {reader for key in own for reader in self._readers.pop(key, ())}
        task = asyncio.create_task(self._do(deed, before))
        for key in own:
            self._last[key] = task
        for key in others:
            self._readers.setdefault(key, set()).add(task)
        self._all.add(task)
        task.add_done_callback(self._all.discard)

    async def _do(self, deed: Deed, before: set[asyncio.Task[None]]) -> None:
        if before:
            await asyncio.wait(before)
        if self._failure is not None:
            return
        async with self._places:
            try:
                await DOERS[type(deed.step.payload)](self._world, deed, deed.step.payload)
            except (DeedFailedError, KeyError) as error:
                self._failure = self._failure or error
                return
        self._done += 1
        self._progress(self._done, self._total)

    async def finish(self) -> None:
        """Wait for all that is under way; raises the first failure."""
        while self._all:
            await asyncio.wait(set(self._all))
        if self._failure is not None:
            raise self._failure

    async def give_up(self) -> None:
        """Leave nothing under way."""
        left = set(self._all)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    async def rest(self) -> None:
        """Wait until all is done and every service knows of it."""
        await self.finish()
        await settled(self._world.client)
        await deeds.learn_reviews(self._world)


def _subjects(step: Step) -> tuple[list[object], list[object]]:
    """What a step changes, and what it only builds on."""
    payload = step.payload
    own: list[object] = [value for name in _OWN if (value := getattr(payload, name, None)) is not None]
    if isinstance(payload, (plan.AssessSelf, plan.AssessReport, plan.ShareReview, plan.AcknowledgeReview)):
        own.append((payload.cycle, payload.person))
    others = [value for name in _OTHERS if (value := getattr(payload, name, None)) is not None]
    return own, others
