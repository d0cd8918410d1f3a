"""Write a goal template, rewrite it, or take it out of use.

When    HR asks (POST /goal-templates, PUT /goal-templates/{template_id},
        POST /goal-templates/{template_id}/archival)
May     write_template, keep_template: HR admin   (access.py)
Rule    GoalTemplate.write, GoalTemplate.rewrite, GoalTemplate.archive; what it said before is kept
Emits   goals.GoalTemplateWritten, goals.GoalTemplateArchived
"""

from fastapi import APIRouter, Response

from services.goals.domain.template import GoalTemplate, TemplateArchived, TemplateWording
from services.goals.template_store import TEMPLATES, TemplateEditionStore, TemplateStore
from services.goals.views import TemplateView
from shared.contracts.base import Frozen
from shared.directory import named_caller
from shared.http import Run
from shared.ids import TemplateId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goal templates"])


class WrittenTemplate(TemplateWording):
    """What it says; only what is `published` is read and used by everybody."""

    published: bool = False


class WriteTemplate(Frozen):
    """What a template is to say; `template_id` is new, or names the one that is rewritten."""

    template_id: TemplateId
    said: WrittenTemplate

    @property
    def wording(self) -> TemplateWording:
        """What goals of it say."""
        return TemplateWording.model_validate(self.said.model_dump(exclude={"published"}))


class ArchiveTemplate(Frozen):
    """Which template."""

    template_id: TemplateId


async def write_template(command: WriteTemplate, tx: Transaction) -> GoalTemplate:
    """The new template."""
    template, written = GoalTemplate.write(
        command.wording,
        template_id=command.template_id,
        published=command.said.published,
        by=await named_caller(tx),
        at=tx.now,
    )
    await tx.require("write_template", template)
    template = TemplateStore(tx).save(template)
    tx.publish(written, template.state())
    return template


async def rewrite_template(command: WriteTemplate, tx: Transaction) -> GoalTemplate:
    """The template as it is now."""
    template = await TemplateStore(tx).get(command.template_id)
    await tx.require("keep_template", template)
    template, edition, written = template.rewrite(
        command.wording, published=command.said.published, by=await named_caller(tx), at=tx.now
    )
    template = TemplateStore(tx).save(template)
    TemplateEditionStore(tx).save(edition)
    tx.publish(written, template.state())
    return template


async def archive_template(command: ArchiveTemplate, tx: Transaction) -> GoalTemplate:
    """The template, out of use."""
    template = await TemplateStore(tx).get(command.template_id)
    await tx.require("keep_template", template)
    template, archived = template.archive(by=await named_caller(tx))
    template = TemplateStore(tx).save(template)
    tx.publish(archived, template.state())
    return template


@router.post("/goal-templates", status_code=201, response_model=TemplateView, summary="Write a goal template")
async def post_template(said: WrittenTemplate, run: Run) -> Response:
    """A wording that goals begin with; {unit} and {job_title} are the owner's."""
    command = WriteTemplate(template_id=TemplateId(mint("template")), said=said)
    return await run(
        write_template,
        command,
        key=command.template_id,
        reply=TemplateView.of,
        status=201,
        location=lambda template: f"/goal-templates/{template.template_id}",
    )


@router.put(
    "/goal-templates/{template_id}",
    response_model=TemplateView,
    summary="Rewrite a goal template",
    responses=refusals(TemplateArchived),
)
async def put_template(template_id: TemplateId, said: WrittenTemplate, run: Run) -> Response:
    """Replace what it says; needs If-Match.  Goals that were begun with it stay as they are."""
    command = WriteTemplate(template_id=template_id, said=said)
    return await run(
        rewrite_template,
        command,
        key=template_id,
        reply=TemplateView.of,
        match=(TEMPLATES, template_id),
        must_match=True,
    )


@router.post(
    "/goal-templates/{template_id}/archival",
    response_model=TemplateView,
    summary="Archive a goal template",
    responses=refusals(TemplateArchived),
)
async def post_archival(template_id: TemplateId, run: Run) -> Response:
    """Take it out of use, for good."""
    command = ArchiveTemplate(template_id=template_id)
    return await run(
        archive_template, command, key=template_id, reply=TemplateView.of, match=(TEMPLATES, template_id)
    )
