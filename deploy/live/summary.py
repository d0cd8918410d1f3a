"""What happened, as tables that a person reads."""

from collections import Counter
from collections.abc import Mapping, Sequence
from email import message_from_bytes, policy
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from deploy.live.quarter import Lived
from deploy.live.topics import Seen, events_of

SHOWN_ALERTS = 3


def show(lived: Lived, console: Console, *, mail: Path) -> None:
    """Print the summary."""
    console.rule(f"A quarter from {lived.quarter.begins_on} to {lived.quarter.ends_on}")
    console.print(_organisation(lived), _counts("Goals", lived.goals), _counts("Reviews", lived.reviews))
    console.print(_services(lived), _alerts(lived.log))
    for path in _some(mail):
        console.print(_letter(path))
    report = lived.report()
    console.print(
        f"{report['commands']} commands, {report['events_published']} records on the topics,"
        f" {report['notifications']} alerts in {report['seconds']} s; parked {report['parked']},"
        f" unsent {report['unsent']}, lag {report['lag']}.",
        highlight=False,
    )
    for wrong in lived.wrong[:20]:
        console.print(f"[red]does not hold:[/red] {wrong}", highlight=False)


def _organisation(lived: Lived) -> Table:
    table = Table("", "", title="People", title_justify="left", show_header=False)
    active = [member for member in lived.members if member.active]
    managers = {member.manager_id for member in active} - {None}
    table.add_row("imported", str(lived.imported["accepted"]))
    table.add_row("at work", str(len(active)))
    table.add_row("managers", str(len(managers)))
    table.add_row("rows with a remark", str(len({each["line"] for each in lived.imported["problems"]})))
    return table


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title, "", title_justify="left")
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        table.add_row(str(name).replace("_", " "), str(count))
    return table


def _services(lived: Lived) -> Table:
    table = Table("Service", "published", "applied", "duplicates dropped", "parked", title_justify="left")
    for name, figures in lived.figures.items():
        applied, dropped = figures.handled.get("applied", 0), figures.handled.get("duplicate", 0)
        table.add_row(name, str(figures.published), str(applied), str(dropped), str(figures.parked))
    return table


def _alerts(log: Sequence[Seen]) -> Table:
    raised: Counter[str] = Counter()
    delivered: Counter[tuple[str, str]] = Counter()
    for seen in events_of(log):
        if seen.data is None:
            continue
        if seen.kind == "notification_raised":
            raised[seen.data["kind"]] += 1
        elif seen.kind == "notification_delivered":
            delivered[seen.data["kind"], seen.data["channel"]] += 1
    channels = sorted({channel for _, channel in delivered})
    table = Table("Alert", "raised", *channels, title_justify="left")
    for kind, count in raised.most_common():
        table.add_row(kind.replace("_", " "), str(count), *(str(delivered[kind, each]) for each in channels))
    return table


def _some(mail: Path) -> Sequence[Path]:
    """A few mails that differ in what they are about."""
    subjects: dict[str, Path] = {}
    for path in sorted(mail.glob("*.eml")):
        words = str(message_from_bytes(path.read_bytes(), policy=policy.default)["Subject"]).split()
        subjects.setdefault(words[-1] if words else "", path)
    return list(subjects.values())[:SHOWN_ALERTS]


def _letter(path: Path) -> Panel:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(preferencelist=("plain",))
    text = str(body.get_content()).strip() if body is not None else ""
    return Panel(f"To: {message['To']}\n\n{text}", title=str(message["Subject"]), title_align="left")
