"""Runs contestants in turn, so that whatever else the machine does meets all of them alike."""

import dataclasses
import statistics

from suite.contestants import Pace
from suite.errors import BenchmarkError

# For a run whose results are wanted, not its times.
CHECK = Pace(0.001, 0, 1)


@dataclasses.dataclass
class Standing:
    """All that one contestant measured."""

    name: str
    iterations: list = dataclasses.field(default_factory=list)  # a list for each round
    facts: dict = dataclasses.field(default_factory=dict)
    versions: dict = dataclasses.field(default_factory=dict)
    environment: dict = dataclasses.field(default_factory=dict)  # beside that of the whole run
    results: dict = dataclasses.field(default_factory=dict)
    at: float | None = None  # the value of what grows, if something does

    def rounds(self):
        """The median of each round."""
        return [statistics.median(i) for i in self.iterations]

    def median(self):
        return statistics.median(self.rounds())


@dataclasses.dataclass
class Outcome:
    """A comparison that was run."""

    comparison: object
    standings: list
    left_out: dict  # name of a contestant and why
    agreement: dict = dataclasses.field(default_factory=dict)  # largest relative difference found
    exceptions: list = dataclasses.field(default_factory=list)  # facts that differ, and why

    def ratios(self, other):
        """How many times as good the first one is as another: median, lowest and highest round."""
        first = self.standings[0]
        each = [self.ratio(a, b) for a, b in zip(first.rounds(), other.rounds())]
        return self.ratio(first.median(), other.median()), min(each), max(each)

    def ratio(self, first, other):
        return first / other if self.comparison.higher_is_better else other / first


def compare(comparison, context, pace, count, say=print):
    """Runs `count` rounds of all contestants that can run, once their results agree."""
    standings, left_out, running = [], {}, []
    for contestant in comparison.contestants:
        reason = contestant.missing(context)
        if reason is None and contestant.threads > context.cores:
            reason = f"it needs {contestant.threads} cores, there are {context.cores}"
        if reason is None:
            running.append(contestant)
            environment = dict(getattr(contestant, "environment", ()))
            at = contestant.parameters[comparison.axis] if comparison.axis else None
            standings.append(Standing(contestant.name, environment=environment, at=at))
        else:
            left_out[contestant.name] = reason
            say(f"  {contestant.name} is left out: {reason}")
    if comparison.contestants[0] not in running:
        return Outcome(comparison, [], left_out)
    outcome = Outcome(comparison, standings, left_out)
    if comparison.agreement and len(running) > 1:
        checked = [(c.name, c.run(context, CHECK).results) for c in running]
        outcome.agreement = require_agreement(comparison, checked)
        say(
            "  results agree: "
            + ", ".join(f"{name} to {value:.1e}" for name, value in outcome.agreement.items())
        )
    for number in range(count):
        results = []
        for contestant, standing in zip(running, standings):
            result = contestant.run(context, pace)
            if standing.facts and standing.facts != result.facts:
                raise BenchmarkError(
                    f"{comparison.id}: {contestant.name} changed from {standing.facts} to "
                    f"{result.facts} between rounds"
                )
            results.append((contestant.name, result.results))
            standing.iterations.append(result.iterations)
            standing.facts = result.facts
            standing.versions = result.versions
            standing.results = result.results
            if number == 0:
                outcome.exceptions = require_equal_facts(comparison, running, standings)
            say(
                f"  round {number + 1}, {contestant.name}: "
                f"{standing.rounds()[-1]:,.4g} {comparison.unit}"
            )
        # Of the runs that were timed, too.
        require_agreement(comparison, results)
    for exception in outcome.exceptions:
        say(f"  {exception}")
    return outcome


def require_agreement(comparison, results):
    """Refuses to compare what computes something else; the largest relative differences by name.

    Results are pairs of a contestant's name and what it reports; all are compared with the first.
    """
    largest = {}
    for name, tolerance in comparison.agreement:
        for contestant, values in results:
            if name not in values:
                raise BenchmarkError(f"{comparison.id}: {contestant} does not report its {name}")
        expected = results[0][1][name]
        largest[name] = 0.0
        for contestant, values in results[1:]:
            difference = abs(values[name] - expected) / max(abs(expected), abs(values[name]), 1e-30)
            if not difference <= tolerance:  # nor NaN
                raise BenchmarkError(
                    f"{comparison.id}: {name} of {results[0][0]} is {expected}, that of {contestant} "
                    f"is {values[name]}; allowed relative difference {tolerance:g}"
                )
            largest[name] = max(largest[name], difference)
    return largest


def require_equal_facts(comparison, contestants, standings):
    """Refuses to compare what was not measured under the same conditions.

    Returns a line for each difference that a contestant is known to have.
    """
    measured = [(c, s) for c, s in zip(contestants, standings) if s.iterations]
    for _, standing in measured:
        for key in comparison.needs:
            if key not in standing.facts:
                raise BenchmarkError(f"{comparison.id}: {standing.name} does not report its {key}")
    exceptions = []
    first = measured[0][1]
    for contestant, other in measured[1:]:
        for key in sorted(first.facts.keys() | other.facts.keys()):
            mine, theirs = (s.facts.get(key, "not reported") for s in (first, other))
            if mine == theirs or key in comparison.varies:
                continue
            difference = f"{key} of {first.name} is {mine}, that of {other.name} is {theirs}"
            reason = dict(contestant.differs).get(key)
            if reason is None:
                raise BenchmarkError(
                    f"{comparison.id}: {difference}; such results cannot be compared"
                )
            exceptions.append(f"{difference}: {reason}")
    return exceptions
