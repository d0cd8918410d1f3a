"""How a goal's key results move between start and target over a quarter."""

from dataclasses import dataclass
from random import Random

from deploy.sample.feedback import Ending
from deploy.sample.goals import Measure, rounded


@dataclass(frozen=True, slots=True)
class Course:
    """Where each key result ends, as a share of the way to its target, and how early it moves.

    A `shape` below 1 moves early, above 1 late.
    """

    measures: tuple[Measure, ...]
    finals: tuple[float, ...]
    shape: float

    def value(self, place: int, elapsed: float, *, noise: float = 0.0) -> float:
        """What a measurement of a key result shows when a share of the goal's time has passed."""
        measure, final = self.measures[place], self.finals[place]
        shape = 0.3 if measure.type in {"stay_above", "stay_below"} else self.shape
        share = final * elapsed**shape + (noise if elapsed < 1 else 0.0)
        if measure.unit in {"milestone", "yes_no"}:
            return float(int(measure.target * min(1.0, max(0.0, share)) + 1e-9))
        value = rounded(measure.start + (measure.target - measure.start) * share, measure.step)
        if min(measure.start, measure.target) >= 0:
            value = max(0.0, value)
        return min(value, 100.0) if measure.unit == "percent" and measure.target <= 100 else value

    def progress(self, elapsed: float = 1.0) -> float:
        """The share of the way that the whole goal has come, 0 to 1; in the end a threshold holds or not."""
        shares = [self._share(place, elapsed) for place in range(len(self.measures))]
        return sum(shares) / len(shares)

    def _share(self, place: int, elapsed: float) -> float:
        measure = self.measures[place]
        share = (self.value(place, elapsed) - measure.start) / (measure.target - measure.start)
        guards = measure.type in {"stay_above", "stay_below"}
        return float(share >= 1) if guards and elapsed == 1 else min(1.0, max(0.0, share))


def draw_course(measures: tuple[Measure, ...], random: Random) -> Course:
    """A believable course: half of all goals and most thresholds are reached, one goal in ten is missed."""
    luck = random.random()
    guards = all(measure.type in {"stay_above", "stay_below"} for measure in measures)
    if luck < (0.75 if guards else 0.5):
        finals = [random.uniform(1.0, 1.12) for _ in measures]
    else:
        lowest, highest = (0.55, 0.95) if luck < 0.8 else (0.32, 0.55) if luck < 0.9 else (0.0, 0.26)
        middle = random.uniform(lowest, highest)
        finals = [max(0.0, middle + random.gauss(0, 0.07)) for _ in measures]
    return Course(measures=measures, finals=tuple(finals), shape=random.uniform(0.6, 1.6))


def ending_of(progress: float) -> Ending:
    """How a goal of that progress is closed."""
    if progress >= 0.95:
        return "finished"
    return "short" if progress >= 0.3 else "failed"
