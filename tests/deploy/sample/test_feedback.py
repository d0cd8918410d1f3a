"""Texts differ, fill their slots and read as sentences."""

from random import Random

import pytest

from deploy.sample.feedback import Phrasebook, Subject, shown
from deploy.sample.functions import FUNCTIONS
from deploy.sample.goals import Measure

STAGES = ("ahead", "steady", "behind", "finished", "short", "failed", "cancelled")


def subject(function="engineering", person="p1"):
    return Subject(person=person, first="Ann", function=function, topic="the speed of search")


def texts(phrases, about):
    """One of everything that is written to or about a person."""
    return [
        phrases.praise(about),
        phrases.suggestion(about),
        phrases.observation(about),
        phrases.recognition(about, names=["Ann", "Ben"])[1],
        phrases.question(about, about=None),
        phrases.question(about, about="Ann"),
        phrases.answer(about, about=None),
        phrases.answer(about, about="Ann"),
        phrases.decline(),
        *(phrases.note(about, stage, learning=learning) for stage in STAGES for learning in (True, False)),
        *(
            phrases.result(about, own=own, title="Be quick", ending=ending, figures="speed from 1 to 2")
            for own in (True, False)
            for ending in ("finished", "short", "failed", None)
        ),
        phrases.learned(about),
        phrases.needs(about),
        *(phrases.how(about, rating) for rating in range(1, 6)),
        phrases.next(about),
        *phrases.unclear(),
        phrases.blocker()[1],
        phrases.topic(about.function) + ".",
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_texts_are_sentences_without_open_slots(function):
    for text in texts(Phrasebook(Random(function)), subject(function)):
        assert not {"{", "}"} & set(text), text
        assert "  " not in text, text
        assert text.strip()[-1] in ".?!", text
        assert text == text.strip(), text


def test_nobody_hears_the_same_feedback_twice():
    phrases = Phrasebook(Random(3))
    for make in (phrases.praise, phrases.suggestion, phrases.observation):
        said = [make(subject()) for _ in range(30)]
        assert len(set(said)) == 30


def test_a_seed_always_finds_the_same_words():
    assert texts(Phrasebook(Random(5)), subject()) == texts(Phrasebook(Random(5)), subject())


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("percent", 98.5, "98.5 %"),
        ("number", 1350.0, "1,350"),
        ("money", 0.0, "0"),
        ("yes_no", 1.0, "done"),
        ("yes_no", 0.0, "not done"),
    ],
)
def test_values_are_shown_as_people_write_them(unit, value, text):
    measure = Measure(title="x", type="increase", unit=unit, start=0, target=1, step=1)
    assert shown(value, measure) == text
