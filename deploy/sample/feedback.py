"""Words that people write to and about one another: combined by a seed, never the same twice for one person.

Owns the wording of feedback, recognition, requests, notes on goals and review answers; who
writes to whom and when is somebody else's plan.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Literal

from deploy.sample.functions import Function
from deploy.sample.goals import Measure
from deploy.sample.words import read

Pace = Literal["ahead", "steady", "behind"]
Ending = Literal["finished", "short", "failed", "cancelled"]

_TRIES: Final = 60


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a text is for or about: an id to tell them apart, the first name, their function and a topic."""

    person: str
    first: str
    function: Function
    topic: str


class Phrasebook:
    """Chooses words; remembers what it has said to whom."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._words: Mapping[str, Any] = read("feedback")
        self._said: defaultdict[str, set[str]] = defaultdict(set)

    def topic(self, function: Function) -> str:
        """What to talk about with somebody who has no goal that one may see."""
        return str(self._words["topics"][function])

    def competency(self) -> str:
        """A competency of the review form."""
        return self._one(self._words["competencies"])

    def praise(self, subject: Subject) -> str:
        """Praise for something that somebody of this function may have done."""
        words = self._words["praise"]
        acts = [*words["acts"], *words["functions"][subject.function] * 2]
        return self._fresh(subject, lambda: self._filled(words, subject, act=self._one(acts)))

    def suggestion(self, subject: Subject) -> str:
        """What the receiver could try, and why."""
        words = self._words["suggestion"]
        return self._fresh(subject, lambda: self._filled(words, subject, **self._one(words["ideas"])))

    def observation(self, subject: Subject) -> str:
        """Something seen, without judgement."""
        words = self._words["observation"]
        return self._fresh(
            subject,
            lambda: self._filled(
                words, subject, seen=self._one(words["seen"]), thought=self._one(words["thoughts"])
            ),
        )

    def recognition(self, subject: Subject, *, names: Sequence[str]) -> tuple[str, str]:
        """A value of the organisation and what `names` did for it."""
        value = self._one(self._words["recognition"]["values"])
        texts: Sequence[str] = self._words["recognition"]["texts"][value]
        listed = " and ".join(names)
        return value, self._fresh(subject, lambda: self._one(texts).format(names=listed, topic=subject.topic))

    def question(self, subject: Subject, *, about: str | None) -> str:
        """A question to a colleague about oneself, or about somebody by first name."""
        words = self._words["request"]["about_questions" if about else "questions"]
        return self._fresh(subject, lambda: self._one(words).format(topic=subject.topic, about=about))

    def answer(self, subject: Subject, *, about: str | None) -> str:
        """What is good and what could be better, to the person or about them."""
        words, start = self._words["request"], "about_" if about else ""
        return self._fresh(
            subject,
            lambda: f"{self._one(words[f'{start}good'])} {self._one(words[f'{start}better'])}".format(
                topic=subject.topic, about=about
            ),
        )

    def decline(self) -> str:
        """Why somebody would rather not answer."""
        return self._one(self._words["request"]["declines"])

    def too_easy(self, measure: Measure, target: float) -> str:
        """Asks for a higher target than the key result has."""
        return self._target("too_easy", measure, target)

    def too_hard(self, measure: Measure, target: float) -> str:
        """Asks for a lower target than the key result has."""
        return self._target("too_hard", measure, target)

    def unclear(self) -> tuple[str, str]:
        """Asks for a clearer description; the reason, and the sentence that mends it."""
        goal = self._words["goal"]
        place = self._random.randrange(len(goal["unclear"]))
        return str(goal["unclear"][place]), str(goal["clarified"][place])

    def measured(self) -> str | None:
        """A short note beside a measurement, or none."""
        return self._one(self._words["goal"]["measured"]) or None

    def note(self, subject: Subject, stage: Pace | Ending, *, learning: bool) -> str:
        """What a check-in or a closing says; `learning` of a development goal."""
        texts = self._words["goal"][f"learning_{stage}" if learning else stage]
        return self._fresh(subject, lambda: capitalised(self._one(texts).format(topic=subject.topic)))

    def blocker(self) -> tuple[Literal["person", "resource", "process", "dependency"], str]:
        """What holds a goal up, by kind."""
        blocker = self._one(self._words["goal"]["blockers"])
        return blocker["kind"], blocker["text"]

    def review_questions(self, *, own: bool) -> tuple[str, str, str]:
        """The questions of the review form, for the person or for the manager."""
        first, second, third = self._words["review"]["self_results" if own else "manager_results"]
        return first, second, third

    def result(self, subject: Subject, *, own: bool, title: str, ending: Ending | None, figures: str) -> str:
        """A sentence on a closed goal; with `ending` None, on having had none."""
        kind = {"finished": "achieved", "short": "partly", "failed": "missed", "cancelled": "missed"}
        key = f"{'self' if own else 'manager'}_{kind[ending] if ending else 'none'}"
        return self._one(self._words["review"][key]).format(first=subject.first, title=title, figures=figures)

    def learned(self, subject: Subject) -> str:
        """What somebody says that they learned."""
        return self._twice(subject, self._words["review"]["learned"])

    def needs(self, subject: Subject) -> str:
        """What somebody needs from the manager."""
        return self._fresh(
            subject, lambda: self._one(self._words["review"]["needs"]).format(topic=subject.topic)
        )

    def how(self, subject: Subject, rating: int) -> str:
        """How the manager saw somebody work; `rating` from 1 to 5."""
        first, second = self._words["review"]["how"][rating - 1]
        return f"{first} {second}".format(first=subject.first, topic=subject.topic)

    def next(self, subject: Subject) -> str:
        """What the manager sees next."""
        return self._twice(subject, self._words["review"]["next"])

    def acknowledged(self) -> str:
        """What somebody writes under a shared review; often nothing."""
        return self._one(self._words["review"]["acknowledged"])

    def _target(self, kind: str, measure: Measure, target: float) -> str:
        return self._one(self._words["goal"][kind]).format(
            measure=measure.title, target=shown(measure.target, measure), new=shown(target, measure)
        )

    def _twice(self, subject: Subject, texts: Sequence[str]) -> str:
        return self._fresh(
            subject,
            lambda: " ".join(self._random.sample(texts, 2)).format(topic=subject.topic, first=subject.first),
        )

    def _filled(self, words: Mapping[str, Any], subject: Subject, **parts: str) -> str:
        effect = self._one(words["effects"]) if "effects" in words else ""
        known = {"first": subject.first, "topic": subject.topic}
        said = {name: part.format(**known) for name, part in {**parts, "effect": effect}.items()}
        act = said.get("act", "")
        return self._one(words["frames"]).format(**known, **said, Act=capitalised(act)).strip()

    def _fresh(self, subject: Subject, make: Callable[[], str]) -> str:
        """Something that was not said to this person yet, if there is any left."""
        text = make()
        for _ in range(_TRIES):
            if text not in self._said[subject.person]:
                break
            text = make()
        self._said[subject.person].add(text)
        return text

    def _one(self, choices: Sequence[Any]) -> Any:
        return self._random.choice(choices)


def capitalised(text: str) -> str:
    """With its first letter as a capital; the others stay."""
    return text[:1].upper() + text[1:]


def shown(value: float, measure: Measure) -> str:
    """A value as a sentence shows it."""
    if measure.unit == "yes_no":
        return "done" if value else "not done"
    number = f"{value:g}" if value != int(value) else f"{int(value):,}"
    return f"{number} %" if measure.unit == "percent" else number
