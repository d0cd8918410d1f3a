"""The bill of materials is the lock, and what is known to be vulnerable is named."""

import json
from typing import Any

import pytest

from deploy import dependencies
from deploy.dependencies import BILL, bill, locked, main, read_audit


def audit(**found: dict[str, Any]) -> str:
    return json.dumps({"dependencies": [{"name": name, **said} for name, said in found.items()]})


FAULT = {"id": "PYSEC-2026-1", "fix_versions": ["1.2", "2.0"]}


def test_the_bill_lists_every_locked_package_and_no_address() -> None:
    listed = {(each["name"], each["version"]) for each in json.loads(bill())["components"]}
    assert listed == set(locked())
    assert ("aiokafka", "0.14.0") in listed or any(name == "aiokafka" for name, _ in listed)
    assert "https://" not in bill().replace("http://cyclonedx.org/schema", "")
    assert bill() == bill()
    assert BILL.read_text() == bill()


@pytest.mark.parametrize(
    ("answer", "found", "why"),
    [
        (audit(one={"version": "1", "vulns": []}), [], ""),
        (audit(one={"version": "1", "vulns": [FAULT]}), ["one 1: PYSEC-2026-1, mended in 1.2, 2.0"], ""),
        (
            audit(one={"version": "1", "vulns": [{**FAULT, "fix_versions": []}]}),
            ["one 1: PYSEC-2026-1, mended in no version yet"],
            "",
        ),
        (audit(one={"skip_reason": "not found"}), [], "no advisories can be reached"),
        (audit(one={"version": "1", "vulns": []}, two={"skip_reason": "?"}), [], "nothing is known of two"),
        ("", [], "no advisories can be reached"),
        ("{}", [], "no advisories can be reached"),
    ],
)
def test_an_audit_says_what_is_known_and_what_is_not(answer: str, found: list[str], why: str) -> None:
    assert read_audit(answer) == (found, why)


@pytest.mark.parametrize(("found", "code"), [([], 0), (["one 1: PYSEC-2026-1"], 1)])
def test_only_what_is_known_fails_a_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: list[str], code: int
) -> None:
    monkeypatch.setattr(dependencies, "audited", lambda: (found, "" if found else "offline"))
    assert main(["--check"]) == code
    said = capsys.readouterr().err
    assert ("not audited: offline" in said) == (not found)
    assert all(each in said for each in found)


def test_a_stale_bill_fails_a_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(dependencies, "audited", lambda: ([], ""))
    monkeypatch.setattr(dependencies, "ROOT", tmp_path)
    monkeypatch.setattr(dependencies, "BILL", tmp_path / "sbom.cdx.json")
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
