"""Bars that show how contestants stand to each other, as SVG."""

import html

from suite.report import number

WIDTH = 760
LABELS = 190
BARS = 400
ROW = 22
GAP = 18
COLOURS = ("#1f6feb", "#8c959f")


def shares(outcome):
    """The length of each contestant's bar; the longest one is 1. Long is good."""
    medians = [s.median() for s in outcome.standings]
    if outcome.comparison.higher_is_better:
        return [m / max(medians) for m in medians]
    return [min(medians) / m for m in medians]


def draw(outcomes):
    """One group of bars for each comparison that has something to compare."""
    body, y = [], GAP
    for outcome in (o for o in outcomes if len(o.standings) > 1):
        body.append(text(8, y + 12, outcome.comparison.title, "bold"))
        y += ROW
        for i, (standing, share) in enumerate(zip(outcome.standings, shares(outcome))):
            label = f"{number(standing.median())} {outcome.comparison.unit}"
            if i > 0:
                label += f", ratio {number(outcome.ratios(standing)[0])}"
            body.append(text(8, y + 13, standing.name))
            body.append(
                f'<rect x="{LABELS}" y="{y}" width="{max(1, BARS * share):.1f}" '
                f'height="{ROW - 5}" fill="{COLOURS[min(i, 1)]}"/>'
            )
            body.append(text(LABELS + max(1, BARS * share) + 6, y + 13, label))
            y += ROW
        y += GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" '
        f'viewBox="0 0 {WIDTH} {y}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def text(x, y, content, weight="normal"):
    return f'<text x="{x:.1f}" y="{y}" font-weight="{weight}">{html.escape(content)}</text>'
