"""Identifiers: opaque, random, and typed so that one is never taken for another.

An id says nothing about what it names: no employee number, no name, no count.
"""

import uuid
from typing import NewType

PersonId = NewType("PersonId", str)
UnitId = NewType("UnitId", str)
GoalId = NewType("GoalId", str)
AssignmentId = NewType("AssignmentId", str)
PeriodId = NewType("PeriodId", str)
KeyResultId = NewType("KeyResultId", str)
InitiativeId = NewType("InitiativeId", str)
TemplateId = NewType("TemplateId", str)
FeedbackId = NewType("FeedbackId", str)
FeedbackRequestId = NewType("FeedbackRequestId", str)
RecognitionId = NewType("RecognitionId", str)
CycleId = NewType("CycleId", str)
ReviewId = NewType("ReviewId", str)
NotificationId = NewType("NotificationId", str)


def mint(prefix: str) -> str:
    """A new random id such as `goal_3f0c...`: the prefix is for people who read logs."""
    return f"{prefix}_{uuid.uuid4().hex}"


def derive(prefix: str, *parts: str) -> str:
    """The same id for the same parts, so that what is done again is found again."""
    return f"{prefix}_{uuid.uuid5(uuid.NAMESPACE_OID, '|'.join(parts)).hex}"
