"""The sample organisation: 250 people of Tarnbeck, the same for the same seed.

Owns who they are and who reports to whom; knows no service.  Its only way into the suite is
the CSV that `write_csv` writes.
"""

import csv
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

from pydantic import TypeAdapter

from deploy.sample.words import read
from shared.contracts.base import Frozen

SEED: Final = 7
AS_OF: Final = date(2026, 6, 26)

_SENIORITY: Final = {"Senior": 5, "Staff Software": 6, "Principal": 9, "Chief of Staff": 9, "Officer": 5}

_LEVELS: Final = {
    "Junior": 2,
    "Assistant": 2,
    "Clerk": 2,
    "Operator": 2,
    "Senior": 4,
    "Staff Software": 5,
    "Principal": 6,
    "Chief of Staff": 6,
}


@dataclass(frozen=True, slots=True)
class Employee:
    """A row of the file; its columns are these fields."""

    employee_number: str
    given_name: str
    family_name: str
    email: str
    gender: str
    date_of_birth: date
    company: str
    department: str
    team: str
    job_title: str
    job_level: str
    manager_employee_number: str
    joined_on: date
    location: str
    time_zone: str
    language: str
    status: str = "active"


class _Site(Frozen):
    company: str
    time_zone: str
    language: str
    names: Mapping[str, int]


class _Team(Frozen):
    name: str
    manager: str
    site: str
    roles: Mapping[str, int]


class _Branch(Frozen):
    director: str | None = None
    site: str | None = None
    teams: tuple[_Team, ...]


class _Department(Frozen):
    name: str
    head: str
    site: str
    staff: Mapping[str, int] = {}
    branches: tuple[_Branch, ...] = ()


class _Structure(Frozen):
    name: str
    domain: str
    founded: int
    sites: Mapping[str, _Site]
    departments: tuple[_Department, ...]


@dataclass(frozen=True, slots=True)
class _Position:
    """A place in the tree: what it is called, where it sits, and which position is above it."""

    title: str
    department: str
    team: str
    site: str
    above: int | None
    rank: int


def organisation(seed: int = SEED, *, as_of: date = AS_OF) -> tuple[Employee, ...]:
    """The people, in the order they joined, as they are on the day `as_of`."""
    structure = _Structure.model_validate(read("structure"))
    positions = _positions(structure)
    people = _Recruiter(structure, seed=seed, as_of=as_of)
    employed = [people.fill(position) for position in positions]
    order = sorted(range(len(employed)), key=lambda index: (employed[index].joined_on, index))
    numbers = {index: f"TB{1001 + place:04d}" for place, index in enumerate(order)}
    return tuple(
        replace(
            employed[index],
            employee_number=numbers[index],
            manager_employee_number=""
            if positions[index].above is None
            else numbers[positions[index].above or 0],
        )
        for index in order
    )


def write_csv(path: Path, people: tuple[Employee, ...] | None = None) -> Path:
    """Write the organisation as a CSV file that the import reads, and return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Employee)])
        writer.writeheader()
        writer.writerows(asdict(person) for person in people or organisation())
    return path


def _positions(structure: _Structure) -> list[_Position]:
    """All positions, each below one that came before: the head of the first department leads all."""
    positions: list[_Position] = []
    for department in structure.departments:
        place = _Position(department.head, department.name, "", department.site, None, 0)
        head = _add(positions, place, above=0 if positions else None)
        for title in _each(department.staff):
            _add(positions, replace(place, title=title, rank=3), above=head)
        for branch in department.branches:
            lead = head
            if branch.director:
                director = replace(place, title=branch.director, site=branch.site or place.site, rank=1)
                lead = _add(positions, director, above=head)
            for team in branch.teams:
                _add_team(positions, team, replace(place, team=team.name, site=team.site), above=lead)
    return positions


def _add_team(positions: list[_Position], team: _Team, place: _Position, *, above: int) -> None:
    manager = _add(positions, replace(place, title=team.manager, rank=2), above=above)
    for title in _each(team.roles):
        _add(positions, replace(place, title=title, rank=3), above=manager)


def _add(positions: list[_Position], position: _Position, *, above: int | None) -> int:
    positions.append(replace(position, above=above))
    return len(positions) - 1


def _each(counts: Mapping[str, int]) -> Iterator[str]:
    for title, count in counts.items():
        yield from [title] * count


def _level(position: _Position) -> str:
    """`L1` to `L9`: what the title says of who leads nobody, and of the others how far up they lead."""
    if position.rank < 3:
        return f"L{(9 if position.above is None else 8, 7, 6)[position.rank]}"
    return f"L{next((level for word, level in _LEVELS.items() if word in position.title), 3)}"


class _Recruiter:
    """Finds somebody for each position: nobody twice, and nobody too young for it."""

    def __init__(self, structure: _Structure, *, seed: int, as_of: date) -> None:
        self._structure = structure
        self._names = TypeAdapter(dict[str, dict[str, list[str]]]).validate_python(read("names"))
        self._random = Random(f"organisation {seed}")  # noqa: S311  a sample, not a secret
        self._as_of = as_of
        self._taken: set[str] = set()

    def fill(self, position: _Position) -> Employee:
        site = self._structure.sites[position.site]
        gender = self._random.choices(("female", "male", "non-binary"), (48, 50, 2))[0]
        given, family = self._name(site, gender=gender)
        joined_on = self._joined_on(position)
        return Employee(
            employee_number="",
            given_name=given,
            family_name=family,
            email=f"{_ascii(given)}.{_ascii(family)}@{self._structure.domain}",
            gender=gender,
            date_of_birth=self._date_of_birth(position, joined_on=joined_on),
            company=site.company,
            department=position.department,
            team=position.team,
            job_title=position.title,
            job_level=_level(position),
            manager_employee_number="",
            joined_on=joined_on,
            location=position.site,
            time_zone=site.time_zone,
            language=site.language,
        )

    def _name(self, site: _Site, *, gender: str) -> tuple[str, str]:
        """A name nobody here has yet, given and family name mostly of one origin."""
        while True:
            origin = self._random.choices(list(site.names), list(site.names.values()))[0]
            names = self._names[origin]
            listed = names.get(gender) or [*names["female"], *names["male"]]
            other = self._random.choice(list(site.names)) if self._random.random() < 0.04 else origin
            name = self._random.choice(listed), self._random.choice(self._names[other]["family"])
            if _ascii(name[1]) not in self._taken and _ascii(" ".join(name)) not in self._taken:
                self._taken.add(_ascii(" ".join(name)))
                return name

    def _joined_on(self, position: _Position) -> date:
        """A Monday or the first of a month: leaders and seniors years ago, others mostly lately."""
        senior = any(word in position.title for word in _SENIORITY)
        years = self._random.gammavariate(2, 3.2 if position.rank < 3 else 2.2 if senior else 1.5)
        longest = self._as_of.year - self._structure.founded
        day = self._as_of - timedelta(days=round(min(years, longest) * 365) + 14)
        if self._random.random() < 0.6:
            return day.replace(day=1)
        monday = day - timedelta(days=day.weekday())
        return monday - timedelta(days=14) if (monday.month, monday.day) > (12, 18) else monday

    def _date_of_birth(self, position: _Position, *, joined_on: date) -> date:
        youngest, usual = {0: (36, 9), 1: (33, 8), 2: (28, 8), 3: (21, 9)}[position.rank]
        youngest += next((more for word, more in _SENIORITY.items() if word in position.title), 0)
        age = min(youngest + abs(self._random.gauss(0, usual)), 58)
        return joined_on - timedelta(days=round(age * 365.25) + self._random.randrange(365))


def _ascii(name: str) -> str:
    """A name as an address spells it: `Weiß` is `weiss`, `Michał` is `michal`."""
    for letter, spelled in {
        "ß": "ss",
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ł": "l",
        "Ł": "l",
        "\u0131": "i",
    }.items():
        name = name.replace(letter, spelled)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "-")
