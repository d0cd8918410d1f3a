"""The one way to change anything: many messages, one MongoDB transaction.

A handler is written for one message, `async (message, tx) -> result`, and touches the world
only through `tx`, so that it can be run again.  `Work` runs a batch of messages in a single
transaction and keeps these invariants:

* Messages with the same key run in order; each sees the writes of those before it.
* The writes of a message reach the batch when its handler returns, and only then: a refusal
  or any other exception drops them and leaves the rest untouched.
* The batch is serial: a message whose reads, finds included, were overtaken by another
  message is run again before its writes are accepted.
* A document carries its `version` and, as `sequence`, the number of events published about
  it: outbox rows of one document are numbered without gaps.
* A commit that fails settles nothing.  The batch is halved and tried again, so that in the end
  a conflict or a bad write stays with the message that caused it.
"""

from shared.work.batch import Batch
from shared.work.engine import ByKey, Plan, Planner, Unsettled, Work, passing
from shared.work.job import Cause, Conflict, Handler, Job, NotYet
from shared.work.transaction import FanOutJob, Policy, Transaction

__all__ = [
    "Batch",
    "ByKey",
    "Cause",
    "Conflict",
    "FanOutJob",
    "Handler",
    "Job",
    "NotYet",
    "Plan",
    "Planner",
    "Policy",
    "Transaction",
    "Unsettled",
    "Work",
    "passing",
]
