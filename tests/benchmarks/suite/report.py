"""Results as JSON and as a Markdown table."""


def number(value):
    """Three digits, with separators for thousands: 193,000; 23.8; 0.0571."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:.3g}"


def spread(low, high, times=""):
    return f"{number(low)}{times} to {number(high)}{times}"


def to_json(session, outcomes):
    """Everything that was measured."""
    return {
        **session,
        "comparisons": [
            {
                "id": outcome.comparison.id,
                "title": outcome.comparison.title,
                "unit": outcome.comparison.unit,
                "left_out": outcome.left_out,
                "agreement": outcome.agreement,
                "exceptions": outcome.exceptions,
                "contestants": [
                    {
                        "name": standing.name,
                        "median": standing.median(),
                        "rounds": standing.rounds(),
                        "iterations": standing.iterations,
                        "facts": standing.facts,
                        "versions": standing.versions,
                        "environment": standing.environment,
                        "results": standing.results,
                    }
                    for standing in outcome.standings
                ],
                "ratios": [
                    dict(zip(("to", "median", "lowest", "highest"), (o.name, *outcome.ratios(o))))
                    for o in outcome.standings[1:]
                ],
            }
            for outcome in outcomes
        ],
    }


def facts(standing):
    told = [f"{key} {value}" for key, value in sorted(standing.facts.items())]
    return ", ".join(told + ([variables(standing.environment)] if standing.environment else []))


def variables(environment):
    return " ".join(f"`{key}={value}`" for key, value in sorted(environment.items()))


def to_markdown(session, outcomes):
    """A table for the README, with what is needed to judge and to repeat it."""
    lines = [
        "| benchmark | | median | lowest to highest round | ratio | measured with |",
        "|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        for i, standing in enumerate(outcome.standings):
            rounds = standing.rounds()
            ratio = ""
            if i > 0:
                median, low, high = outcome.ratios(standing)
                ratio = f"{number(median)}x ({spread(low, high)})"
            lines.append(
                f"| {outcome.comparison.title if i == 0 else ''} | {standing.name} "
                f"| {number(standing.median())} {outcome.comparison.unit} "
                f"| {spread(min(rounds), max(rounds))} | {ratio} | {facts(standing)} |"
            )
        for name, reason in outcome.left_out.items():
            lines.append(f"| {outcome.comparison.title} | {name} | left out: {reason} | | | |")
        for exception in outcome.exceptions:
            lines.append(f"| {outcome.comparison.title} | | {exception} | | | |")
    machine = session["machine"]
    gpu = "" if machine["device"] == "cpu" else f"{machine['device']}; "
    cores = "as many cores as it has threads" if not gpu else "the GPU and all cores"
    lines += [
        "",
        f"Medians of {session['rounds']} round{'s' * (session['rounds'] != 1)} in which the contestants took turns; each had "
        f"{cores}. The ratio says how many times as good the first line of a "
        "benchmark is, of the medians and, in brackets, of the worst and the best round.",
        "",
        f"{gpu}{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Linux "
        f"{machine['kernel']}, glibc {machine['glibc']}, transparent huge pages "
        f"{machine['huge_pages']}; load before the run {session['load']}. "
        + ", ".join(f"{key} {value}" for key, value in sorted(versions(session, outcomes).items()))
        + ".",
        "",
        f"JVM of benchmarks: `{' '.join(session['jvm'])}`. Environment: "
        + (variables(session["environment"]) or "none of the variables that change the speed is set")
        + ".",
        "",
        f"`{session['command']}`",
    ]
    if session["brief"]:
        lines += ["", "A brief run, which only shows that the benchmarks work."]
    elif session["busy"]:
        lines += ["", "The machine was busy: only the ratios mean something."]
    return "\n".join(lines) + "\n"


def versions(session, outcomes):
    """All versions by name."""
    merged = dict(session["versions"])
    for outcome in outcomes:
        for standing in outcome.standings:
            merged.update(standing.versions)
    return merged
