"""Launch a review cycle.

When    an HR admin asks (POST /cycles); with `dry_run` it is checked and counted, and nothing is changed
May     launch: HR admin                          (access.py)
Rule    Cycle.launch; units and people that are named must be known
Emits   reviews.CycleLaunched
Then    reviews.open_review for each person, as a fan-out
"""

from fastapi import APIRouter, Response

from services.reviews.domain.cycle import Cycle, Terms
from services.reviews.store import CycleStore
from services.reviews.usecases.open_review import order_opening
from services.reviews.usecases.preview_launch import LaunchPreview, preview_launch
from services.reviews.views import CycleView
from shared.contracts.base import Frozen
from shared.directory import Directory, require_known
from shared.http import Run, View
from shared.ids import CycleId, mint
from shared.work import Transaction

router = APIRouter(tags=["cycles"])


class NewCycle(Terms):
    """What is sent; with `dry_run` nothing is launched and the answer counts whom it would reach."""

    dry_run: bool = False


class LaunchCycle(Frozen):
    """A cycle to launch, or to check only; `cycle_id` is new."""

    cycle_id: CycleId
    terms: Terms
    dry_run: bool = False


async def launch_cycle(command: LaunchCycle, tx: Transaction) -> Cycle:
    """The launched cycle; its reviews open afterwards."""
    by = tx.caller.person_id if tx.caller else None
    cycle, launched = Cycle.launch(command.terms, cycle_id=command.cycle_id, by=by, at=tx.now)
    await tx.require("launch", cycle)
    await require_known(command.terms.population, tx)
    if command.dry_run:
        return cycle
    launched = launched.model_copy(update={"by_person_id": await Directory(tx).named(by)})
    cycle = CycleStore(tx).save(cycle)
    tx.publish(launched, cycle.state())
    order_opening(cycle, tx)
    return cycle


@router.post(
    "/cycles",
    status_code=201,
    response_model=CycleView,
    responses={200: {"model": LaunchPreview, "description": "Whom it would reach; asked with `dry_run`."}},
    summary="Launch a review cycle",
)
async def post_cycle(new: NewCycle, run: Run, view: View) -> Response:
    """Launch it for its population; the reviews open in the background, see its `opening`."""
    cycle_id = CycleId(mint("cycle"))
    terms = Terms.model_validate(new.model_dump(exclude={"dry_run"}))
    command = LaunchCycle(cycle_id=cycle_id, terms=terms, dry_run=new.dry_run)
    if new.dry_run:
        await run(launch_cycle, command, key=cycle_id)
        preview = await preview_launch(view.db, terms.population)
        return Response(preview.model_dump_json(), media_type="application/json")
    return await run(
        launch_cycle,
        command,
        key=cycle_id,
        reply=CycleView.of,
        status=201,
        location=lambda cycle: f"/cycles/{cycle.cycle_id}",
    )
