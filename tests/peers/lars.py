"""LARS as the SimCLR reference has it, in plain PyTorch, on all parameters of ResNet-50.

    python3 tests/peers/lars.py time FORM [--device cuda]

FORM is loop (tensor by tensor, as most implementations do it) or foreach (torch._foreach_*). Prints
one line of JSON, with the milliseconds of a step, the mean of each iteration, and how far two steps
led from weights of tests/fixtures/formula.py. Needs torch and numpy.
"""

import argparse
import math

import inputs
import timing
import torch

LR, MOMENTUM, DECAY, TRUST = 1e-3, 0.9, 1e-6, 0.001
# Of the steps whose result is compared: the weights must move by more than their rounding.
CHECKED_LR, CHECKED_STEPS = 1.0, 2


@torch.no_grad()
def loop(groups, lr=LR):
    for params, grads, velocity, adapts in groups:
        for w, g, v in zip(params, grads, velocity):
            ratio = 1.0
            if adapts:
                g = g.add(w, alpha=DECAY)
                w_norm, g_norm = torch.norm(w), torch.norm(g)
                if w_norm > 0 and g_norm > 0:
                    ratio = TRUST * w_norm / g_norm
            v.mul_(MOMENTUM).add_(g * (lr * ratio))
            w.sub_(v)


@torch.no_grad()
def foreach(groups, lr=LR):
    for params, grads, velocity, adapts in groups:
        if adapts:
            grads = torch._foreach_add(grads, params, alpha=DECAY)
            w = torch.stack(torch._foreach_norm(params))
            g = torch.stack(torch._foreach_norm(grads))
            ratio = torch.where((w > 0) & (g > 0), TRUST * w / g, torch.ones_like(w))
            torch._foreach_mul_(grads, list(ratio.unbind()))
        torch._foreach_mul_(velocity, MOMENTUM)
        torch._foreach_add_(velocity, grads, alpha=lr)
        torch._foreach_sub_(params, velocity)


FORMS = {"loop": loop, "foreach": foreach}


def shapes():
    """Those of ResNet-50 without its classifier (He et al. 2016, table 1)."""

    def convolution(cin, cout, kernel):
        return [(cout, cin, kernel, kernel), (cout,), (cout,)]

    out = convolution(3, 64, 7)
    cin = 64
    for planes, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            out += convolution(cin, planes, 1) + convolution(planes, planes, 3)
            out += convolution(planes, 4 * planes, 1)
            out += convolution(cin, 4 * planes, 1) if block == 0 else []
            cin = 4 * planes
    return out


def groups(dtype, device):
    """Weights, then what is exempt: scales and shifts."""

    def draw(name, bound):
        drawn = (inputs.signed(f"{name}.{i}", bound, *s) for i, s in enumerate(shapes()))
        return [values.to(device, dtype) for values in drawn]

    params = draw("weight", 0.05)
    grads = draw("gradient", 1)
    out = []
    for adapts in (True, False):
        chosen = [i for i, p in enumerate(params) if (p.dim() > 1) == adapts]
        out.append(
            (
                [params[i] for i in chosen],
                [grads[i] for i in chosen],
                [torch.zeros_like(params[i]) for i in chosen],
                adapts,
            )
        )
    return out


def ways(state, step):
    """The norm of the way that steps lead, and its part along the gradients."""
    starts = [[w.double() for w in params] for params, *_ in state]
    for _ in range(CHECKED_STEPS):
        step(state, CHECKED_LR)
    results = {}
    for (params, grads, _, adapts), group in zip(state, starts):
        name = "way of the weights" if adapts else "way of scales and shifts"
        way = [start - w for start, w in zip(group, params)]
        results[name] = math.sqrt(sum(float(w.square().sum()) for w in way))
        results[name + " along the gradient"] = sum(
            float((w * g).sum()) for w, g in zip(way, grads)
        )
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    timed = modes.add_parser("time", help="measure milliseconds of a step")
    timed.add_argument("form", choices=FORMS)
    timing.add_options(timed)
    timing.add_device(timed)
    options = parser.parse_args()
    state = groups(torch.float32, options.device)
    step = FORMS[options.form]
    results = ways(state, step)
    weight = state[0][0][0]
    times = timing.milliseconds(lambda: step(state), options)
    timing.report(times, weight.dtype, results, weight.device)


if __name__ == "__main__":
    main()
