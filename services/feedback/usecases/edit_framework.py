"""Replace the organisation's list of values or of competencies.

When    HR asks (PUT /values, PUT /competencies), knowing the version that is replaced
May     edit_framework: HR admin                  (access.py)
Rule    Framework.replaced
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.feedback.domain.framework import Framework, FrameworkName, Term
from services.feedback.store import FrameworkStore
from services.feedback.views import FrameworkView
from shared.contracts.base import Frozen
from shared.http import Run, Runner
from shared.work import Transaction

router = APIRouter(tags=["frameworks"])


class Terms(Frozen):
    """The whole list as it is to be."""

    terms: tuple[Term, ...] = Field(max_length=100)


class EditFramework(Terms):
    """Which list is to be so."""

    framework_name: FrameworkName


async def edit_framework(command: EditFramework, tx: Transaction) -> Framework:
    """The list as it is now."""
    frameworks = FrameworkStore(tx)
    framework = await frameworks.named(command.framework_name)
    await tx.require("edit_framework", framework)
    return frameworks.save(framework.replaced(command.terms))


@router.put("/values", response_model=FrameworkView, summary="Replace the organisation's values")
async def put_values(terms: Terms, run: Run) -> Response:
    """What colleagues are recognised for from now on; needs If-Match."""
    return await _put("values", terms, run)


@router.put("/competencies", response_model=FrameworkView, summary="Replace the organisation's competencies")
async def put_competencies(terms: Terms, run: Run) -> Response:
    """What feedback can be about from now on; needs If-Match."""
    return await _put("competencies", terms, run)


async def _put(framework_name: FrameworkName, terms: Terms, run: Runner) -> Response:
    return await run(
        edit_framework,
        EditFramework(framework_name=framework_name, terms=terms.terms),
        key=framework_name,
        reply=FrameworkView.of,
        match=("frameworks", framework_name),
        must_match=True,
    )
