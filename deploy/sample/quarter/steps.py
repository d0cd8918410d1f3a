"""What people do in a quarter, as plain data: who did what and when.

Everything that does not exist yet has a symbolic name (a `Ref`): `g17` a goal, `g17.2` its
second key result, `f5` a piece of feedback, `q3` a request for feedback, `r8` a recognition,
`c1` a review cycle.  Whoever carries the steps out keeps the real ids that the answers bring.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from deploy.sample.quarter.change_steps import (
    AssignHrPartner,
    ChangeManager,
    MovePerson,
    RecordLeaving,
)
from deploy.sample.quarter.feedback_steps import (
    AcknowledgeFeedback,
    AcknowledgeRecognition,
    AnswerRequest,
    DeclineRequest,
    GiveFeedback,
    Recognise,
    RequestFeedback,
)
from deploy.sample.quarter.goal_steps import (
    AgreeGoal,
    Blocker,
    CheckIn,
    CloseGoal,
    DraftGoal,
    KeyResult,
    MeasureKeyResult,
    ProposeGoal,
    RequestChanges,
    ReviseGoal,
)
from deploy.sample.quarter.refs import Person, Ref
from deploy.sample.quarter.review_steps import (
    AcknowledgeReview,
    Answer,
    AssessReport,
    AssessSelf,
    LaunchCycle,
    ShareReview,
)

__all__ = [
    "AcknowledgeFeedback",
    "AcknowledgeRecognition",
    "AcknowledgeReview",
    "AgreeGoal",
    "Answer",
    "AnswerRequest",
    "AssessReport",
    "AssessSelf",
    "AssignHrPartner",
    "Blocker",
    "ChangeManager",
    "CheckIn",
    "CloseGoal",
    "DeclineRequest",
    "DraftGoal",
    "GiveFeedback",
    "KeyResult",
    "LaunchCycle",
    "MeasureKeyResult",
    "MovePerson",
    "Payload",
    "Person",
    "ProposeGoal",
    "Recognise",
    "RecordLeaving",
    "Ref",
    "RequestChanges",
    "RequestFeedback",
    "ReviseGoal",
    "ShareReview",
    "Step",
]

Payload = (
    AssignHrPartner
    | DraftGoal
    | ProposeGoal
    | RequestChanges
    | ReviseGoal
    | AgreeGoal
    | MeasureKeyResult
    | CheckIn
    | CloseGoal
    | GiveFeedback
    | AcknowledgeFeedback
    | RequestFeedback
    | AnswerRequest
    | DeclineRequest
    | Recognise
    | AcknowledgeRecognition
    | LaunchCycle
    | AssessSelf
    | AssessReport
    | ShareReview
    | AcknowledgeReview
    | ChangeManager
    | MovePerson
    | RecordLeaving
)


@dataclass(frozen=True, slots=True)
class Step:
    """At `at` (UTC-aware) the person does what the payload says."""

    at: datetime
    as_person: Person
    payload: Payload

    @property
    def kind(self) -> str:
        """The name of the payload, such as `draft_goal`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self.payload).__name__).lower()
