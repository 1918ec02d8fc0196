"""Runs contestants in turn, so that whatever else the machine does meets all of them alike."""

import dataclasses
import statistics

from suite.errors import BenchmarkError


@dataclasses.dataclass
class Standing:
    """All that one contestant measured."""

    name: str
    iterations: list = dataclasses.field(default_factory=list)  # a list for each round
    facts: dict = dataclasses.field(default_factory=dict)
    versions: dict = dataclasses.field(default_factory=dict)

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

    def ratios(self, other):
        """How many times as good the first one is as another: median, lowest and highest round."""
        first = self.standings[0]
        each = [self.ratio(a, b) for a, b in zip(first.rounds(), other.rounds())]
        return self.ratio(first.median(), other.median()), min(each), max(each)

    def ratio(self, first, other):
        return first / other if self.comparison.higher_is_better else other / first


def compare(comparison, context, pace, count, say=print):
    """Runs `count` rounds of all contestants that can run."""
    standings, left_out, running = [], {}, []
    for contestant in comparison.contestants:
        reason = contestant.missing(context)
        if reason is None and contestant.threads > context.cores:
            reason = f"it needs {contestant.threads} cores, there are {context.cores}"
        if reason is None:
            running.append(contestant)
            standings.append(Standing(contestant.name))
        else:
            left_out[contestant.name] = reason
            say(f"  {contestant.name} is left out: {reason}")
    if comparison.contestants[0] not in running:
        return Outcome(comparison, [], left_out)
    for number in range(count):
        for contestant, standing in zip(running, standings):
            result = contestant.run(context, pace)
            if standing.facts and standing.facts != result.facts:
                raise BenchmarkError(
                    f"{comparison.id}: {contestant.name} changed from {standing.facts} to "
                    f"{result.facts} between rounds"
                )
            standing.iterations.append(result.iterations)
            standing.facts = result.facts
            standing.versions = result.versions
            if number == 0:
                require_equal_facts(comparison, standings)
            say(
                f"  round {number + 1}, {contestant.name}: "
                f"{standing.rounds()[-1]:,.4g} {comparison.unit}"
            )
    return Outcome(comparison, standings, left_out)


def require_equal_facts(comparison, standings):
    """Refuses to compare what was not measured under the same conditions."""
    measured = [s for s in standings if s.iterations]
    for other in measured[1:]:
        for key in sorted(measured[0].facts.keys() | other.facts.keys()):
            mine, theirs = measured[0].facts.get(key), other.facts.get(key)
            if mine != theirs and key not in comparison.varies:
                raise BenchmarkError(
                    f"{comparison.id}: {key} of {measured[0].name} is {mine}, that of "
                    f"{other.name} is {theirs}; such results cannot be compared"
                )
