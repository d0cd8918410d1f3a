"""Goal templates as documents, and the indexes that their reads stand on."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.goals.domain.template import GoalTemplate, TemplateEdition
from shared.indexes import newest_first
from shared.store import Store, to_document

TEMPLATES: Final = "goal_templates"
TEMPLATE_EDITIONS: Final = "goal_template_editions"
COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    TEMPLATES: [
        IndexModel([("words", ASCENDING), ("_id", ASCENDING)], name="by_word"),
        IndexModel([("status", ASCENDING), ("_id", ASCENDING)], name="by_status"),
        IndexModel([("wording.category", ASCENDING), ("_id", ASCENDING)], name="by_category"),
    ],
    TEMPLATE_EDITIONS: [
        newest_first("number", "template_id", name="by_template"),
    ],
}


class TemplateStore(Store[GoalTemplate]):
    """The library; documents hold the words that a template is found by too."""

    collection: ClassVar[str] = TEMPLATES
    kind = GoalTemplate

    def save(self, aggregate: GoalTemplate) -> GoalTemplate:
        """Store it over the version that was read; the template at its new version."""
        version = self._tx.put(TEMPLATES, to_document(aggregate) | {"words": [*aggregate.words]})
        return aggregate.model_copy(update={"version": version})


class TemplateEditionStore(Store[TemplateEdition]):
    """What templates said before."""

    collection: ClassVar[str] = TEMPLATE_EDITIONS
    kind = TemplateEdition
