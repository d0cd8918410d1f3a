"""Canaries: what is written shows nowhere before its time, whatever is asked, published or logged."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.services.asker import Asker
from tests.services.reviews.house import House

SELF_DRAFT, SELF_FINAL = "canary-self-draft", "canary-self-final"
BOSS_DRAFT, BOSS_FINAL = "canary-boss-draft", "canary-boss-final"
CANARIES = (SELF_DRAFT, SELF_FINAL, BOSS_DRAFT, BOSS_FINAL)
PATHS = ("", "/evidence", "/self-assessment", "/manager-assessment")


def words(text: str, rating: int = 4) -> dict[str, Any]:
    return {"texts": {"strengths": text}, "rating": rating}


async def everything(caller: Asker, review_id: str, cycle_id: str) -> list[tuple[str, Any]]:
    """Whatever the caller can get of the review, refusals and headers included."""
    paths = [f"/reviews/{review_id}{path}" for path in PATHS]
    paths += ["/reviews", "/cycles", f"/cycles/{cycle_id}", f"/reviews?cycle_id={cycle_id}"]
    answers = [await caller.get(path) for path in paths]
    for method, path in (("POST", "/sharing"), ("PUT", "/manager-assessment"), ("POST", "/acknowledgement")):
        body = words("other") if method == "PUT" else {}
        answers.append(await caller.send(method, f"/reviews/{review_id}{path}", body, If_Match='"v99"'))
    return [(f"{answer.text} {answer.headers}", answer.json()) for answer in answers]


def heard(told: Sequence[tuple[str, Any]]) -> set[str]:
    return {canary for canary in CANARIES for text, _ in told if canary in text}


def ratings(value: Any) -> Iterator[int]:
    """Every rating anywhere in a JSON value."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "rating" and part is not None:
                yield part
            yield from ratings(part)
    if isinstance(value, list):
        for part in value:
            yield from ratings(part)


class Scene:
    """Anna's review with both drafts written, then brought on step by step."""

    def __init__(self, house: House, cycle_id: str, review_id: str) -> None:
        self.house, self.cycle_id, self.review_id = house, cycle_id, review_id
        self.anna, self.manager = house.as_("anna"), house.as_("manager")

    async def hears(self, caller: Asker) -> set[str]:
        return heard(await everything(caller, self.review_id, self.cycle_id))

    async def self_submits(self) -> None:
        path = f"/reviews/{self.review_id}/self-assessment/submission"
        await self.anna.does(path, {"texts": {"strengths": SELF_FINAL}})

    async def boss_submits(self) -> None:
        await self.manager.does(
            f"/reviews/{self.review_id}/manager-assessment/submission", words(BOSS_FINAL, 1)
        )


@pytest.fixture
async def scene(house: House) -> Scene:
    cycle_id = await house.launch()
    scene = Scene(house, cycle_id, (await house.review_of("anna"))["_id"])
    review = f"/reviews/{scene.review_id}"
    await scene.anna.put(f"{review}/self-assessment", {"texts": {"strengths": SELF_DRAFT}})
    await scene.manager.put(f"{review}/manager-assessment", words(BOSS_DRAFT, 1))
    return scene


async def test_drafts_are_seen_by_their_writers(scene: Scene) -> None:
    assert await scene.hears(scene.anna) == {SELF_DRAFT}
    assert BOSS_DRAFT in (await scene.manager.get(f"/reviews/{scene.review_id}/manager-assessment")).text


@pytest.mark.parametrize("roles", [(), ("hr_admin",), ("auditor",), ("hr_partner", "executive")])
async def test_person_learns_nothing_of_the_assessment_before_it_is_shared(
    scene: Scene, roles: tuple[str, ...]
) -> None:
    anna = scene.house.as_("anna", *roles)
    told = await everything(anna, scene.review_id, scene.cycle_id)
    assert heard(told) == {SELF_DRAFT}
    await scene.self_submits()
    await scene.boss_submits()
    told += await everything(anna, scene.review_id, scene.cycle_id)
    assert heard(told) == {SELF_DRAFT, SELF_FINAL}
    assert list(ratings([body for _, body in told])) == []
    assert "low_rating" not in "".join(text for text, _ in told)
    await scene.manager.does(f"/reviews/{scene.review_id}/sharing")
    assert await scene.hears(anna) == {SELF_FINAL, BOSS_FINAL}


async def test_manager_learns_nothing_of_the_self_assessment_before_it_is_submitted(scene: Scene) -> None:
    for caller in (("manager",), ("chief",), ("admin", "hr_admin"), ("auditor", "auditor")):
        assert SELF_DRAFT not in await scene.hears(scene.house.as_(*caller))
    await scene.self_submits()
    assert SELF_FINAL in await scene.hears(scene.manager)


async def test_those_above_learn_nothing_before_it_is_shared(scene: Scene) -> None:
    chief = scene.house.as_("chief", "executive")
    await scene.self_submits()
    await scene.boss_submits()
    told = await everything(chief, scene.review_id, scene.cycle_id)
    assert (heard(told), list(ratings([body for _, body in told]))) == (set(), [])
    await scene.manager.does(f"/reviews/{scene.review_id}/sharing")
    assert await scene.hears(chief) == {SELF_FINAL, BOSS_FINAL}


@pytest.mark.parametrize("caller", [("ben",), ("peer",), ("other_partner", "hr_partner"), ("stranger",)])
async def test_others_learn_nothing_ever(scene: Scene, caller: tuple[str, ...]) -> None:
    await scene.self_submits()
    await scene.boss_submits()
    await scene.manager.does(f"/reviews/{scene.review_id}/sharing")
    told = await everything(scene.house.as_(*caller), scene.review_id, scene.cycle_id)
    assert heard(told) == set()
    assert not any(
        answer.get("reviews_by_stage", {}).get("shared") for _, answer in told if isinstance(answer, dict)
    )


async def test_entity_tag_of_a_review_tells_nothing_of_drafts(scene: Scene) -> None:
    path = f"/reviews/{scene.review_id}"
    before = (await scene.anna.get(path)).headers["ETag"]
    for n in range(3):
        await scene.manager.put(f"{path}/manager-assessment", words(f"{BOSS_DRAFT}{n}"))
    assert (await scene.anna.get(path)).headers["ETag"] == before


async def test_topics_carry_no_words_ever_and_no_rating_before_it_is_shared(scene: Scene) -> None:
    await scene.self_submits()
    await scene.boss_submits()

    async def sent() -> list[dict[str, Any]]:
        house = scene.house
        return await house.published() + await house.published(topic="state")

    assert list(ratings(await sent())) == []
    await scene.manager.does(f"/reviews/{scene.review_id}/sharing")
    await scene.anna.does(f"/reviews/{scene.review_id}/acknowledgement", {"comment": SELF_FINAL})
    assert set(ratings(await sent())) == {1}
    told = str(await sent())
    assert not any(canary in told for canary in CANARIES)


async def test_log_holds_nothing_that_was_written(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    await scene.self_submits()
    await scene.boss_submits()
    await scene.anna.post(f"/reviews/{scene.review_id}/self-assessment/submission", words(SELF_FINAL, 99))
    printed = capfd.readouterr()
    assert "request" in printed.out + printed.err
    assert not any(canary in printed.out + printed.err for canary in CANARIES)


async def test_database_keeps_words_in_assessments_alone(scene: Scene) -> None:
    await scene.self_submits()
    await scene.boss_submits()
    for collection in await scene.house.db.list_collection_names():
        docs = await scene.house.db[collection].find({}).to_list(None)
        found = {canary for canary in CANARIES if canary in str(docs)}
        assert found == ({SELF_FINAL, BOSS_FINAL} if collection == "assessments" else set()), collection
