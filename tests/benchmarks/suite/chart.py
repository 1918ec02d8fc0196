"""Bars that show how contestants stand to each other, and curves of what grows, as SVG."""

import html
import math

from suite.report import number

WIDTH = 760
LABELS = 190
BARS = 400
ROW = 22
GAP = 18
COLOURS = ("#1f6feb", "#8c959f")
CURVE = 160  # height


def shares(outcome):
    """The length of each contestant's bar; the longest one is 1. Long is good."""
    medians = [s.median() for s in outcome.standings]
    if outcome.comparison.higher_is_better:
        return [m / max(medians) for m in medians]
    return [min(medians) / m for m in medians]


def draw(outcomes):
    """One group of bars, or a curve, for each comparison that has something to compare."""
    body, y = [], GAP
    for outcome in (o for o in outcomes if len(o.standings) > 1):
        body.append(text(8, y + 12, outcome.comparison.title, "bold"))
        y += ROW
        if outcome.comparison.axis:
            body += curve(outcome, y)
            y += CURVE + ROW + GAP
            continue
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


def curve(outcome, top):
    """Medians over what grows, with the lowest and the highest round; zero is at the bottom."""
    standings = sorted(outcome.standings, key=lambda s: s.at)
    most = max(max(s.rounds()) for s in standings)
    bottom = top + CURVE

    def across(value):
        """Doublings are equally far from each other."""
        first, last = (math.log2(s.at) for s in (standings[0], standings[-1]))
        return LABELS + BARS * (math.log2(value) - first) / (last - first)

    def height(value):
        return bottom - (CURVE - ROW) * value / most

    points = " ".join(f"{across(s.at):.1f},{height(s.median()):.1f}" for s in standings)
    parts = [
        f'<line x1="{LABELS}" y1="{bottom}" x2="{LABELS + BARS}" y2="{bottom}" '
        f'stroke="{COLOURS[1]}"/>',
        f'<polyline points="{points}" fill="none" stroke="{COLOURS[0]}" stroke-width="2"/>',
        text(8, bottom + 15, outcome.comparison.axis),
    ]
    for standing in standings:
        x, y = across(standing.at), height(standing.median())
        low, high = height(min(standing.rounds())), height(max(standing.rounds()))
        parts += [
            f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke="{COLOURS[0]}"/>',
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[0]}"/>',
            text(x - 8, y - 8, f"{number(standing.median())} {outcome.comparison.unit}"),
            text(x - 8, bottom + 15, f"{standing.at:,}"),
        ]
    return parts


def text(x, y, content, weight="normal"):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-weight="{weight}">{html.escape(content)}</text>'
