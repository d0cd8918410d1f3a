"""The library of goals can be measured, and words do not run out soon."""

from random import Random
from typing import get_args

import pytest

from deploy.sample.functions import FUNCTIONS
from deploy.sample.goals import GoalLibrary, templates
from shared.contracts.goals import KeyResultType

TEMPLATES = templates()


def drawn(seed):
    library = GoalLibrary(Random(seed))
    goals = list(library.strategic())
    for function in FUNCTIONS:
        for lead in (False, True):
            goals += [library.objective(function, lead=lead) for _ in range(12)]
            goals += [library.kpi(function, lead=lead), library.development(function, lead=lead)]
    return goals


@pytest.fixture(params=range(3))
def goals(request):
    """Some three hundred goals."""
    return drawn(request.param)


def test_every_type_of_key_result_and_every_kind_of_goal_is_in_the_library():
    measures = [measure for _, template in TEMPLATES for measure in template.key_results]
    assert {measure.type for measure in measures} == set(get_args(KeyResultType))
    assert {measure.unit for measure in measures} == {"number", "percent", "money", "yes_no", "milestone"}
    assert {template.kind for _, template in TEMPLATES} == {"objective", "kpi", "development"}
    assert {template.perspective for _, template in TEMPLATES} == {
        "financial",
        "customer",
        "internal process",
        "learning and growth",
    }


def test_every_function_has_goals_of_its_own_for_contributors_and_leads():
    for function in FUNCTIONS:
        own = {(each.who, each.kind) for name, each in TEMPLATES if name == function}
        assert {("contributor", "objective"), ("lead", "objective")} <= own, function


def test_objectives_have_two_or_three_key_results_and_kpis_one():
    for _, template in TEMPLATES:
        assert (
            len(template.key_results)
            in {"objective": {2, 3}, "kpi": {1}, "development": {1, 2}}[template.kind]
        )


def test_targets_lie_where_the_type_says_and_never_at_the_start(goals):
    for measure in (measure for goal in goals for measure in goal.measures):
        rising = measure.type in {"increase", "milestone", "stay_above", "baseline"}
        assert (measure.target > measure.start) == rising, measure
        assert measure.target != measure.start
        if measure.unit == "percent":
            assert 0 <= measure.start <= 102, measure
            assert measure.target <= 110, measure


def test_every_slot_is_filled(goals):
    for goal in goals:
        assert not {"{", "}"} & set(f"{goal.title}{goal.topic}{goal.description}{goal.why}"), goal
        assert goal.description.endswith(".")
        assert goal.why.endswith(".")
        assert not goal.title.endswith(".")


def test_one_organisation_hears_the_same_title_only_when_words_have_run_out():
    library = GoalLibrary(Random(1))
    titles = [library.objective("engineering", lead=False).title for _ in range(60)]
    assert len(set(titles)) == 60
    assert library.objective("engineering", lead=True).title


def test_the_organisations_goals_serve_every_function():
    served = {function for goal in GoalLibrary(Random(1)).strategic() for function in goal.serves}
    assert served == set(FUNCTIONS)
