"""Refusals name themselves and carry what an answer needs."""

import pickle

import pytest

from shared.errors import (
    AnswerGone,
    Forbidden,
    Invalid,
    KeyReused,
    NotFound,
    PreconditionMissing,
    Refusal,
    Stale,
    TooLarge,
    Unauthenticated,
    VersionConflict,
)


class GoalNotAgreed(Refusal):
    """Only an agreed goal can be measured."""


class Goal360Missing(NotFound):
    """A subclass of a subclass."""


class OwnWords(Refusal):
    """A rule that names itself."""

    rule = "weights-over-100"
    title = "Weights go over 100"


def test_a_rule_is_named_after_its_class():
    assert (GoalNotAgreed.rule, GoalNotAgreed.title, GoalNotAgreed.status) == (
        "goal-not-agreed",
        "Goal not agreed",
        409,
    )


def test_a_subclass_keeps_the_status_of_its_parent_but_not_its_name():
    assert (Goal360Missing.rule, Goal360Missing.status) == ("goal360-missing", 404)


def test_a_rule_can_name_itself():
    assert (OwnWords.rule, OwnWords.title) == ("weights-over-100", "Weights go over 100")


@pytest.mark.parametrize(
    ("refusal", "status", "rule"),
    [
        (Refusal, 409, "refused"),
        (NotFound, 404, "not-found"),
        (Unauthenticated, 401, "unauthenticated"),
        (Forbidden, 403, "forbidden"),
        (Invalid, 422, "invalid"),
        (Stale, 412, "precondition-failed"),
        (PreconditionMissing, 428, "precondition-missing"),
        (KeyReused, 422, "idempotency-key-reused"),
        (VersionConflict, 409, "version-conflict"),
        (AnswerGone, 410, "answer-gone"),
        (TooLarge, 413, "too-large"),
    ],
)
def test_each_refusal_has_its_status_and_its_name(refusal, status, rule):
    assert (refusal.status, refusal.rule) == (status, rule)


def test_facts_and_detail_survive_a_trip_between_processes():
    sent = GoalNotAgreed("The goal is a draft; propose it first.", goal_id="goal_1", versions=[1, 2])
    got = pickle.loads(pickle.dumps(sent))
    assert (got.detail, got.facts, str(got)) == (sent.detail, sent.facts, sent.detail)


def test_only_the_missing_proof_of_identity_brings_a_challenge():
    assert Unauthenticated("Send a token.").headers["WWW-Authenticate"].startswith("Bearer")
    assert Forbidden("No.").headers == {}
