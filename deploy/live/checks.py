"""What must be true of a quarter that was lived: the ledger against the log, the log against the alerts.

Independent of the services: it knows the plan, what was acknowledged and what lies on the topics,
and says for itself whom which event must have alerted.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from deploy.live.client import Ledger
from deploy.live.figures import Figures
from deploy.live.topics import Seen, events_of

LEADS_TO: Mapping[str, str] = {
    "draft_goal": "goal_drafted",
    "propose_goal": "goal_proposed",
    "request_changes": "goal_changes_requested",
    "agree_goal": "goal_agreed",
    "measure_key_result": "key_result_measured",
    "check_in": "goal_checked_in",
    "close_goal": "goal_closed",
    "acknowledge_feedback": "feedback_acknowledged",
    "request_feedback": "feedback_requested",
    "answer_request": "feedback_request_answered",
    "recognise": "recognition_given",
    "acknowledge_recognition": "recognition_acknowledged",
    "launch_cycle": "cycle_launched",
    "assess_self": "self_assessment_submitted",
    "assess_report": "manager_assessment_submitted",
    "share_review": "review_shared",
    "acknowledge_review": "review_acknowledged",
}
"""The event that every acknowledged deed of a kind has, exactly once."""


def _unless_own(data: Mapping[str, object], field: str) -> Sequence[object]:
    """Nobody is alerted of what they did themselves."""
    return [] if data[field] == data["by_person_id"] else [data[field]]


Alerted = Callable[[Mapping[str, object]], Sequence[object]]
MUST_ALERT: Mapping[str, Alerted] = {
    "goal_proposed": lambda data: _unless_own(data, "to_person_id"),
    "goal_changes_requested": lambda data: _unless_own(data, "to_person_id"),
    "feedback_requested": lambda data: [data["asked_person_id"]],
    "feedback_request_answered": lambda data: [data["requester_id"]],
    "review_opened": lambda data: [data["person_id"]],
    "review_shared": lambda data: [data["person_id"]],
}
"""By event, the people who must be alerted of it, unless they have left."""


def complaints(
    ledger: Ledger, log: Sequence[Seen], figures: Mapping[str, Figures], *, planned: Mapping[str, int]
) -> Sequence[str]:
    """All that is not as it must be."""
    return [
        *_undone(ledger, planned),
        *_unmatched(ledger, log),
        *_alerts(log),
        *_restless(figures),
    ]


def _undone(ledger: Ledger, planned: Mapping[str, int]) -> Sequence[str]:
    done = ledger.counts()
    return [
        f"{kind}: {count} planned, {done.get(kind, 0)} acknowledged"
        for kind, count in planned.items()
        if done.get(kind, 0) != count
    ]


def _unmatched(ledger: Ledger, log: Sequence[Seen]) -> Sequence[str]:
    events = Counter(seen.kind for seen in events_of(log))
    done = ledger.counts()
    return [
        f"{deed}: {done[deed]} acknowledged, {events[event]} events {event}"
        for deed, event in LEADS_TO.items()
        if deed in done and done[deed] != events[event]
    ]


def _alerts(log: Sequence[Seen]) -> Sequence[str]:
    """Alerts that somebody should have had and has not, or has had twice."""
    events = events_of(log)
    gone = {seen.key for seen in events if seen.kind == "person_left"}
    raised = Counter(
        (str(data["caused_by_event_id"]), str(data["person_id"]), str(data["kind"]))
        for seen in events
        if seen.kind == "notification_raised" and (data := seen.data) is not None
    )
    wrong = [f"alerted twice: {alert}" for alert, count in raised.items() if count > 1]
    reached = {(event, person) for event, person, _ in raised}
    for seen in events:
        if seen.kind in MUST_ALERT and seen.data is not None:
            for person in MUST_ALERT[seen.kind](seen.data):
                known = (seen.attributes["id"], str(person)) in reached
                if not known and person not in gone:
                    wrong.append(f"{seen.kind} {seen.key}: {person} was not alerted")
    return wrong


def _restless(figures: Mapping[str, Figures]) -> Sequence[str]:
    wrong: list[str] = []
    for service, found in figures.items():
        if found.parked:
            wrong.append(f"{service}: {found.parked} sources are parked")
        if not found.idle:
            wrong.append(
                f"{service}: not at rest: {found.unsent} unsent, {found.lag} behind, {found.held} held,"
                f" {found.fan_outs} fan-outs"
            )
    return wrong
