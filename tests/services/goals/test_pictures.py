"""The pictures of goals: XML whatever a title says, the figures of what is read, and no more than that."""

import csv
import io
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.goals.domain.forecast import Point
from services.goals.domain.goal import Goal
from services.goals.domain.wording import Wording
from services.goals.usecases.fold_goals import FoldWorker
from services.goals.views import chart
from services.goals.views.chart_drawing import BOTTOM, LEFT, RIGHT, TOP, Lines, draw_chart
from services.goals.views.tree import Node
from services.goals.views.tree_picture import draw_tree
from tests.services.goals.house import NOW, REACH, GoalsHouse, clock_at, wording

SVG = "{http://www.w3.org/2000/svg}"
JANUARY = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOSTILE = [
    "</title><script>alert(1)</script>",
    "]]><!-- & &amp; &#0; <![CDATA[",
    "\" onload=\"alert(1)' x='",
    "a\x00b\x08c\x1b[31m\x7f\x85\ufffe\uffff\ud800d",
    "\u202egnp.exe \u2066hidden\u2069",
    "{{ 7 * 7 }} {% raw %}",
    "漢" * 200,
    "W" * 5000,
    "",
]
ALLOWED = {"svg", "title", "desc", "defs", "clipPath", "rect", "g", "text", "line", "circle"}
ALLOWED |= {"polygon", "polyline", "path"}


def drawn(svg: str) -> ET.Element:
    """Its root, once it has been parsed and holds nothing that could run or load."""
    root = ET.fromstring(svg.encode())
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in ALLOWED
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name]
    return root


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def lines_of(root: ET.Element, tag: str = "polyline") -> list[list[tuple[float, float]]]:
    return [
        [tuple(map(float, place.split(","))) for place in element.attrib["points"].split()]  # type: ignore[misc]
        for element in root.iter(f"{SVG}{tag}")
    ]


async def picture(house: GoalsHouse, path: str, at: datetime = NOW, **asked: Any) -> ET.Element:
    answer = await house.as_("anna").at(at).get(path, **asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/svg+xml"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "sandbox" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return drawn(answer.text)


async def measured(house: GoalsHouse, goal_id: str, *values: tuple[int, float], part: str = "reach") -> None:
    for day, value in values:
        at = JANUARY + timedelta(days=day)
        path = f"/goals/{goal_id}/key-results/{part}/measurements"
        await house.as_("anna").at(at).does(path, {"value": value, "measured_at": at.isoformat()})


async def test_a_chart_shows_what_was_measured_expected_and_forecast(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await measured(house, goal_id, (12, 1.0), (20, 1.4), (28, 1.8))
    await house.look(JANUARY + timedelta(days=28))
    outlook = await house.as_("anna").read(f"/goals/{goal_id}/outlook")
    root = await picture(house, f"/goals/{goal_id}/chart.svg", JANUARY + timedelta(days=28))
    forecast, expected, way = lines_of(root)
    assert expected == [(LEFT, BOTTOM), (RIGHT, TOP)]
    assert len(way) == 4
    assert way[0] == (LEFT, BOTTOM)
    assert [y for _, y in way[1:]] == [
        pytest.approx(BOTTOM - share * (BOTTOM - TOP), abs=0.1) for share in (0.1, 0.14, 0.18)
    ]
    assert forecast[0] == way[-1]
    assert forecast[1] == (
        RIGHT,
        pytest.approx(BOTTOM - outlook["predicted_progress"] * (BOTTOM - TOP), abs=0.1),
    )
    [span] = lines_of(root, "polygon")
    assert span[0] == way[-1]
    assert span[1][1] < forecast[1][1] < span[2][1]
    said = texts(root)
    assert {"start", "due", "today", "measured: 18%", "expected: 0% to 100%"} <= set(said)
    assert f"{outlook['predicted_progress']:.0%}" in said[-1]
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert "measured: 18%" in (described.text or "")
    assert root.attrib["role"] == "img"


async def test_a_key_result_is_drawn_in_its_unit(house: GoalsHouse) -> None:
    parts = [
        REACH,
        {"key_result_id": "up", "title": "Uptime", "type": "stay_above", "unit": "%", "target": 99.5},
    ]
    goal_id = await house.agreed(key_results=parts)
    await measured(house, goal_id, (12, 99.0), (13, 99.9), part="up")
    await measured(house, goal_id, (12, 3))
    guarding = await picture(house, f"/goals/{goal_id}/chart.svg", key_result_id="up")
    assert "Uptime" in texts(guarding)
    assert "measured: 99.9 %" in texts(guarding)
    expected, way = lines_of(guarding)
    assert expected[0][1] == expected[1][1]
    assert way[0][1] > expected[0][1] > way[1][1]
    moving = await picture(house, f"/goals/{goal_id}/chart.svg", key_result_id="reach")
    assert "measured: 3 customers" in texts(moving)
    assert (await house.as_("anna").get(f"/goals/{goal_id}/chart.svg", key_result_id="x")).status_code == 404


async def test_commit_target_and_stretch_are_named_with_whether_they_are_reached(house: GoalsHouse) -> None:
    marked = {**REACH, "commit": 4, "stretch": 10.2, "unit_kind": "money", "unit": "EUR"}
    goal_id = await house.agreed(key_results=[marked])
    await measured(house, goal_id, (12, 5))
    root = await picture(house, f"/goals/{goal_id}/chart.svg", key_result_id="reach")
    said = texts(root)
    names = ["commit 4.00 EUR, reached", "target 10.00 EUR", "stretch 10.20 EUR"]
    assert {*names} <= {*said}
    tops = [float(text.attrib["y"]) for text in root.iter(f"{SVG}text") if text.text in names]
    assert all(after - before >= 13 for before, after in pairwise(sorted(tops)))
    assert all(TOP < top < BOTTOM for top in tops)
    dashes = [line.attrib.get("stroke-dasharray") for line in root.iter(f"{SVG}line")]
    assert {"2 3", "8 3 2 3"} <= {*dashes}
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert "stretch 10.20 EUR" in (described.text or "")
    assert not {*names} & {*texts(await picture(house, f"/goals/{goal_id}/chart.svg"))}


async def test_a_yes_or_no_is_drawn_as_one(house: GoalsHouse) -> None:
    signed = {"key_result_id": "signed", "title": "Signed", "type": "milestone", "unit_kind": "yes_no"}
    goal_id = await house.agreed(key_results=[signed])
    await measured(house, goal_id, (12, 1), part="signed")
    said = texts(await picture(house, f"/goals/{goal_id}/chart.svg", key_result_id="signed"))
    assert {"yes", "no", "measured: yes"} <= {*said}


async def test_what_is_too_much_to_draw_is_left_out_with_a_word(house: GoalsHouse, monkeypatch: Any) -> None:
    goal_id = await house.agreed(due_on="2026-12-31")
    await measured(house, goal_id, (12, 1), (13, 2), (14, 3), (15, 4))
    path, at = f"/goals/{goal_id}/chart.svg", JANUARY + timedelta(days=16)
    assert "newest" not in str(texts(await picture(house, path, at)))
    monkeypatch.setattr(chart, "NEWEST", 3)
    assert any("Only the newest" in text for text in texts(await picture(house, path, at)))


def test_a_long_line_is_thinned_and_keeps_its_peaks() -> None:
    goal, _ = Goal.draft(Wording.model_validate(wording()), goal_id="g", owner_id="a")  # type: ignore[arg-type]
    points = [Point(JANUARY + timedelta(minutes=10 * n), float(n % 7)) for n in range(12_000)]
    points[5_000] = points[5_000]._replace(value=99.0)
    lines = Lines(title="T", unit="", measured=points, expected=None, ahead=None)
    root = drawn(draw_chart(goal, lines, today=NOW.date()))
    [way] = lines_of(root)
    assert len(way) <= 4 * (RIGHT - LEFT + 1)
    peak = min(way, key=lambda place: place[1])
    assert peak[1] < sorted(y for _, y in way)[1] - 100
    assert any(f"{len(way):,} of 12,000 values are drawn" in text for text in texts(root))


async def test_the_last_value_of_a_day_is_drawn_and_a_late_report_takes_its_place(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await measured(house, goal_id, (10, 1), (20, 4), (15, 2))
    later = JANUARY + timedelta(days=20, hours=5)
    path = f"/goals/{goal_id}/key-results/reach/measurements"
    await house.as_("anna").at(later).does(path, {"value": 5, "measured_at": later.isoformat()})
    [_, way] = lines_of(await picture(house, f"/goals/{goal_id}/chart.svg", later))
    shares = [round((BOTTOM - y) / (BOTTOM - TOP), 2) for _, y in way]
    assert shares == [0, 0.1, 0.2, 0.5]


async def test_of_what_held_at_one_time_the_chart_has_what_was_reported_last(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    path = f"/goals/{goal_id}/key-results/reach/measurements"
    held = JANUARY + timedelta(days=11)
    for turn, value in enumerate((9, 1, 8, 2, 7, 3)):
        at = held + timedelta(minutes=turn)
        await house.as_("anna").at(at).does(path, {"value": value, "measured_at": held.isoformat()})
    [part] = (await house.goal(goal_id))["key_results"]
    assert part["current"] == 3
    [_, way] = lines_of(await picture(house, f"/goals/{goal_id}/chart.svg", held + timedelta(hours=1)))
    assert [round((BOTTOM - y) / (BOTTOM - TOP), 2) for _, y in way] == [0, 0.3]


async def test_what_was_corrected_is_drawn_no_more(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await measured(house, goal_id, (10, 9), (12, 2))
    wrong = (await house.as_("anna").listed(f"/goals/{goal_id}/measurements"))[-1]
    path = f"/goals/{goal_id}/measurements/{wrong['measurement_id']}/correction"
    at = JANUARY + timedelta(days=13)
    await house.as_("anna").at(at).does(path, {"reason": "A slip."})
    [_, way] = lines_of(await picture(house, f"/goals/{goal_id}/chart.svg", at))
    assert [round((BOTTOM - y) / (BOTTOM - TOP), 2) for _, y in way] == [0, 0.2]
    answer = await house.as_("anna").get("/goals/export/measurements", goal_id=goal_id)
    told = [(row["value"], row["counts"]) for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
    assert told == [("2", "true"), ("9", "false")]


@pytest.mark.parametrize("stage", ["drafted", "proposed", "closed"])
async def test_a_goal_is_drawn_in_every_stage(house: GoalsHouse, stage: str) -> None:
    goal_id = await getattr(house, stage)()
    root = await picture(house, f"/goals/{goal_id}/chart.svg")
    assert ("today" in texts(root)) == (stage != "closed")


async def test_a_goal_without_anything_to_measure_says_so(house: GoalsHouse) -> None:
    root = await picture(house, f"/goals/{await house.drafted(key_results=[])}/chart.svg")
    assert "Nothing was measured." in texts(root)
    assert lines_of(root) == []


async def test_what_is_long_overdue_stays_in_the_picture(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    for after in (100, 10_000):
        root = await picture(house, f"/goals/{goal_id}/chart.svg", JANUARY + timedelta(days=after))
        xs = [float(line.attrib["x1"]) for line in root.iter(f"{SVG}line")]
        assert max(xs) <= RIGHT
        assert ("today" in texts(root)) == (after == 100)


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_or_unit_breaks_a_picture(title: str) -> None:
    said = Wording.model_validate(wording())
    goal, _ = Goal.draft(said, goal_id="g", owner_id="anna")  # type: ignore[arg-type]
    hostile = Lines(title=title, unit=title[:40], measured=(), expected=None, ahead=None)
    for svg in (draw_chart(goal, hostile, today=NOW.date()), draw_tree(_node(title, [_node(title, [])]))):
        root = drawn(svg)
        assert "alert" not in "".join(root.attrib.values())
        assert all(len(text) < 200 for text in texts(root))


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1e-15), (-1e15, 1e15), (99.0, 99.0), (1e15, 1e15 - 1), (0.0, 0.0)]
)
def test_any_values_have_a_place(low: float, high: float) -> None:
    goal, _ = Goal.draft(Wording.model_validate(wording()), goal_id="g", owner_id="a")  # type: ignore[arg-type]
    points = [Point(JANUARY, low), Point(JANUARY + timedelta(days=3), high)]
    root = drawn(
        draw_chart(
            goal, Lines(title="T", unit="", measured=points, expected=None, ahead=None), today=NOW.date()
        )
    )
    [way] = lines_of(root)
    assert all(TOP <= y <= BOTTOM for _, y in way)


@pytest.mark.parametrize("due_on", ["2026-01-02", "2026-01-20", "2027-12-31", "2999-12-31"])
async def test_short_and_long_goals_have_days_that_do_not_crowd(house: GoalsHouse, due_on: str) -> None:
    root = await picture(house, f"/goals/{await house.drafted(due_on=due_on)}/chart.svg")
    named = [
        float(text.attrib["x"]) for text in root.iter(f"{SVG}text") if float(text.attrib["y"]) == BOTTOM + 20
    ]
    assert 1 <= len(named) <= 9
    assert all(LEFT <= x <= RIGHT for x in named)
    assert all(after - before > 60 for before, after in pairwise(named))


async def test_the_tree_is_drawn_as_far_as_the_caller_may_read_it(house: GoalsHouse) -> None:
    top = await house.agreed("manager", by="chief", visibility="everyone", title="Grow")
    await house.agreed(parent_id=top, title="Seen <b>", visibility="everyone")
    await house.agreed("ben", parent_id=top, title="canary", visibility="private")
    with clock_at(house.work, NOW):
        while await FoldWorker(house.work).turn():
            pass
    root = await picture(house, f"/goals/{top}/tree.svg")
    said = texts(root)
    assert {"Grow", "Seen <b>", "0%", "agreed"} <= set(said)
    assert "canary" not in "".join(said)
    labels = [
        each.attrib["aria-label"] for each in root.iter(f"{SVG}g") if each.attrib.get("role") == "listitem"
    ]
    assert labels[0].startswith("Grow, 0%")
    assert "canary" in (await house.as_("ben").get(f"/goals/{top}/tree.svg", depth=1)).text


def _node(title: str, serving: list[Node]) -> Node:
    return Node(
        goal_id="g",  # type: ignore[arg-type]
        owner_id="anna",  # type: ignore[arg-type]
        title=title,
        level="person",
        status="agreed",
        outcome=None,
        contribution=1.0,
        progress=0.5,
        pace="behind",
        roll_up=None,
        serving=serving,
    )
