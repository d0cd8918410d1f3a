"""What importing a plan would come to, counted without doing it."""

from services.people.domain.csv_import.plan import ImportPlan
from services.people.domain.csv_import.reconcile import reconcile
from services.people.domain.csv_import.roster import Roster
from services.people.domain.import_run import Outcome, Tally
from shared.errors import Refusal


def forecast(plan: ImportPlan, roster: Roster) -> Tally:
    """How many rows would join, change or leave a person as they are."""
    outcomes: list[Outcome] = []
    for row in plan.rows:
        known = roster.people.get(row.person_id)
        try:
            _, *events = reconcile(row, known)
        except Refusal:
            outcomes.append("refused")
        else:
            outcomes.append("joined" if known is None else "changed" if events else "unchanged")
    return Tally.of(outcomes)
