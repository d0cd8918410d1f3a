"""A quarter of an organisation's life as data: see `steps` for what can happen, `plan` for how to get it."""

from deploy.sample.quarter.plan import BEGINS_ON, Quarter, plan_quarter
from deploy.sample.quarter.steps import Payload, Ref, Step
from deploy.sample.quarter.workforce import Cast, Member, members_of

__all__ = ["BEGINS_ON", "Cast", "Member", "Payload", "Quarter", "Ref", "Step", "members_of", "plan_quarter"]
