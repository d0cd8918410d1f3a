"""From a record to an entry: what one row says of one person, before anybody is looked up.

A row is refused when it does not say who it is about, when a date in it exists in no calendar,
or when its cells do not fit the header; anything else that cannot be read costs only its cell,
and what is known of the person stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from services.people.domain.csv_import.cells import (
    LONGEST,
    clean,
    email_address,
    employment,
    says_nothing,
    split_name,
    tidy_number,
)
from services.people.domain.csv_import.columns import Columns
from services.people.domain.csv_import.dates import Order, read_date
from services.people.domain.csv_import.fields import Field
from services.people.domain.demographics import Attributes, gender_meant
from services.people.domain.locality import language_tagged, time_zone_named
from services.people.domain.person import NewDetails
from services.people.domain.unit import UNIT_KINDS, UnitKind
from shared.csv_files import Problem, Record, Severity, quoted

UnitPath = tuple[tuple[UnitKind, str], ...]
Status = Literal["active", "left"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says.  Details and attributes hold only what the row states and could be read.

    `units` leads from the company down, `manager` is the reference as written, empty for
    nobody; both and `status` are None where the row does not say.
    """

    line: int
    details: NewDetails
    attributes: Attributes
    units: UnitPath | None
    manager: str | None
    status: Status | None
    left_on: date | None

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.details['given_name']} {self.details.get('family_name', '')}".strip()


@dataclass(frozen=True, slots=True)
class RowRules:
    """What reading a row takes besides the row: the columns, the order of their dates, the day."""

    columns: Columns
    orders: Mapping[Field, Order | None]
    on: date


def read_entry(record: Record, rules: RowRules) -> tuple[Entry | None, list[Problem]]:
    """The entry, or None for a refused row, and what is wrong with it."""
    row = _Row(record, rules)
    try:
        return row.entry(), row.problems
    except _Refused as refused:
        row.say(refused.field, "error", refused.reason, mend=refused.mend)
        return None, row.problems


class _Refused(Exception):  # noqa: N818  house word: an answer, not a failure
    def __init__(self, field: Field | None, reason: str, *, mend: str) -> None:
        super().__init__(reason)
        self.field: Field | None = field
        self.reason, self.mend = reason, mend


@dataclass(slots=True)
class _Row:
    record: Record
    rules: RowRules
    problems: list[Problem] = field(default_factory=list[Problem])

    def entry(self) -> Entry:
        self.require_fit()
        details, dates = self.names(), self.dates()
        self.identify(details)
        for text_field in ("external_id", "job_title", "location"):
            if self.states(text_field):
                details[text_field] = self.text(text_field) or None
        if self.states("job_level"):
            details["job_level"] = tidy_number(self.word("job_level")) or None
        if "joined_on" in dates:
            details["joined_on"] = dates["joined_on"]
        self.locality(details)
        status, left_on = self.employment(left_on=dates.get("left_on"))
        if left_on is not None and (joined_on := dates.get("joined_on")) and left_on < joined_on:
            raise _Refused(
                "left_on", "The leaving date lies before the joining date.", mend="Set one of them right."
            )
        return Entry(
            line=self.record.line,
            details=details,
            attributes=self.attributes(dates),
            units=self.units(),
            manager=self.word("manager") if self.states("manager") else None,
            status=status,
            left_on=left_on,
        )

    def states(self, name: Field) -> bool:
        position = self.rules.columns.positions.get(name)
        return position is not None and position < len(self.record.cells)

    def text(self, name: Field) -> str:
        text = clean(self.rules.columns.cell(self.record, name))
        if len(text) > LONGEST:
            raise _Refused(
                name,
                f"The cell holds {len(text)} characters, more than the {LONGEST} allowed: {quoted(text)}.",
                mend="Shorten it, or look for a quotation mark that is not closed.",
            )
        return text

    def word(self, name: Field) -> str:
        text = self.text(name)
        return "" if says_nothing(text) else text

    def say(self, name: Field | None, severity: Severity, reason: str, *, mend: str) -> None:
        column = None if name is None else self.rules.columns.header(name)
        self.problems.append(
            Problem(line=self.record.line, column=column, severity=severity, reason=reason, mend=mend)
        )

    def leave_out(self, name: Field, why: str, *, mend: str) -> None:
        text = quoted(self.text(name))
        self.say(name, "warning", f"{text} {why}; it was left out.", mend=mend)

    def require_fit(self) -> None:
        cells, width = self.record.cells, len(self.rules.columns.headers)
        if any(cell.strip() for cell in cells[width:]):
            raise _Refused(
                None,
                f"The row has {len(cells)} cells where the header has {width}.",
                mend="Put cells that hold the delimiter or a quotation mark in quotation marks.",
            )
        if len(cells) < width:
            self.say(
                None,
                "warning",
                f"The row has only {len(cells)} of {width} cells; nothing was taken from the missing ones.",
                mend="Look whether a delimiter is missing, and fill the row up.",
            )

    def names(self) -> NewDetails:
        given, family = self.text("given_name"), self.text("family_name")
        if not (given or family):
            given, family = split_name(self.text("full_name"))
        if not (given or family):
            columns = self.rules.columns
            raise _Refused(
                "full_name" if "full_name" in columns else "given_name",
                "The row names nobody.",
                mend="Fill in the name, or delete the row.",
            )
        return NewDetails(given_name=given, family_name=family)

    def identify(self, details: NewDetails) -> None:
        number = tidy_number(self.text("employee_number"))
        written = self.word("email")
        email = email_address(written) if written else None
        if written and email is None:
            mend = "Write it like name@company.com."
            if not number:
                raise _Refused(
                    "email",
                    f"{quoted(written)} is no e-mail address, and nothing else identifies the row.",
                    mend=mend,
                )
            self.leave_out("email", "is no e-mail address", mend=mend)
        elif self.states("email"):
            details["email"] = email
        if self.states("employee_number"):
            details["employee_number"] = number or None
        if not (number or email):
            raise _Refused(
                "employee_number" if "employee_number" in self.rules.columns else "email",
                "The row has no employee number and no e-mail; a later import would not know the person.",
                mend="Fill in one of them.",
            )

    def locality(self, details: NewDetails) -> None:
        if zone := self.word("time_zone"):
            if name := time_zone_named(zone):
                details["time_zone"] = name
            else:
                self.leave_out("time_zone", "is no time zone", mend="Use an IANA name such as Europe/Berlin.")
        if language := self.word("language"):
            if tag := language_tagged(language):
                details["language"] = tag
            else:
                self.leave_out("language", "is no language tag", mend="Use a tag such as en or pt-BR.")

    def dates(self) -> dict[Field, date | None]:
        """The dates that the row states, without those that can be read two ways."""
        found: dict[Field, date | None] = {}
        for name in self.rules.orders:
            if self.states(name):
                self.read_date(name, into=found)
        return found

    def read_date(self, name: Field, *, into: dict[Field, date | None]) -> None:
        text = self.word(name)
        if not text:
            into[name] = None
            return
        reading = read_date(text, this_year=self.rules.on.year)
        if reading.impossible:
            raise _Refused(name, f"{quoted(text)} is no date.", mend="Write it as yyyy-mm-dd.")
        day = reading.settled(self.rules.orders[name])
        if day is None:
            self.leave_out(
                name,
                f"can mean {reading.day_first} or {reading.month_first}, "
                "and the column's other rows do not settle which",
                mend="Write dates as yyyy-mm-dd.",
            )
        elif name == "date_of_birth" and day > self.rules.on:
            raise _Refused(name, f"{quoted(text)} lies ahead.", mend="Set the date of birth right.")
        else:
            into[name] = day

    def employment(self, *, left_on: date | None) -> tuple[Status | None, date | None]:
        """Whether the row says that the person works here, and the day they left if they did."""
        word = self.word("status")
        said = employment(word) if word else None
        if word and said is None:
            self.leave_out("status", "says neither active nor left", mend="Use active or left.")
        if said == "left":
            return "left", left_on
        if left_on is not None and left_on > self.rules.on:
            self.say(
                "left_on",
                "note",
                "The leaving date lies ahead; until then the person is active.",
                mend="Import the file again on or after that day.",
            )
            return "active", None
        if left_on is not None and said == "active":
            self.leave_out("left_on", "lies behind, and the row says active", mend="Delete one of the two.")
        elif left_on is not None:
            return "left", left_on
        stated = self.states("status") or self.states("left_on")
        return ("active" if stated and (said or not word) else None), None

    def attributes(self, dates: Mapping[Field, date | None]) -> Attributes:
        attributes = Attributes()
        if self.states("gender"):
            attributes["gender"] = gender_meant(self.word("gender"))
        if "date_of_birth" in dates:
            attributes["date_of_birth"] = dates["date_of_birth"]
        return attributes

    def units(self) -> UnitPath | None:
        if not any(self.states(kind) for kind in UNIT_KINDS):
            return None
        path: list[tuple[UnitKind, str]] = [(kind, self.text(kind)) for kind in UNIT_KINDS]
        return tuple((kind, name) for kind, name in path if name)
