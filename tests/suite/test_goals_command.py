"""`cairn goals` shows what a person may see, checks in, and says in a line what is in the way."""

import os
import subprocess
import sys

from tests.suite.house import PROJECT, House
from tests.suite.test_inbound import until, wording


def cairn(house: House, *arguments: str, who: str = "anna") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CAIRN_TOKEN": house.token(house.staff[who])}
    command = [
        sys.executable,
        "-m",
        "deploy.cli",
        "goals",
        *arguments,
        "--url",
        house.addresses.services["goals"],
    ]
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def agreed(house: House, *, owner: str, by: str, **more: object) -> str:
    body = {**wording(), "title": "Grow [bold]fast[/bold]", "visibility": "everyone", **more}
    goal = house.does("goals", "/goals", body, as_=(house.staff[owner],))
    path = f"/goals/{goal['goal_id']}"
    house.does("goals", f"{path}/proposal", {"to_person_id": house.staff[by]}, as_=(house.staff[owner],))
    house.does("goals", f"{path}/agreement", as_=(house.staff[by],))
    return goal["goal_id"]


def test_a_goal_is_shown_listed_and_found_in_its_tree_and_checked_in_on(house: House) -> None:
    top = agreed(house, owner="ben", by="boss")
    leaf = agreed(house, owner="anna", by="boss", parent_id=top)
    said = cairn(
        house,
        "check-in",
        leaf,
        "--confidence",
        "0.6",
        "--comment",
        "Well.",
        "--blocker",
        "resource:No budget",
    )
    assert (said.returncode, "checked in at 60%" in said.stdout) == (0, True), said.stderr

    def folded_and_seen() -> bool:
        tree = cairn(house, "tree", top)
        return "1 below at 0%" in tree.stdout and cairn(house, "show", leaf).returncode == 0

    until(folded_and_seen, "the tree does not show what serves the goal")
    tree = cairn(house, "tree", top).stdout
    assert leaf in tree
    assert "Grow [bold]fast[/bold]" in tree
    shown = cairn(house, "show", leaf).stdout
    assert "status: agreed" in shown
    assert "Progress is 0%" in shown
    mine = cairn(house, "mine").stdout
    assert leaf in mine
    assert top not in mine


def test_what_is_in_the_way_is_told_in_a_line(house: House) -> None:
    private = agreed(house, owner="ben", by="boss", visibility="private")
    hidden = cairn(house, "show", private)
    assert (hidden.returncode, "There is no goal with this id" in hidden.stderr) == (1, True)
    wrong = cairn(house, "check-in", private, "--confidence", "0.5", "--blocker", "budget")
    assert (wrong.returncode, "KIND:WHAT" in wrong.stderr) == (2, True)
    nobody = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "goals", "mine"],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if name != "CAIRN_TOKEN"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (nobody.returncode, "--as PERSON" in nobody.stderr) == (1, True)
    away = cairn(house, "show", private)
    assert "Traceback" not in away.stderr + hidden.stderr + wrong.stderr + nobody.stderr
