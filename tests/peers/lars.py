"""LARS as the SimCLR reference has it, in plain PyTorch, on all parameters of ResNet-50.

    python3 tests/peers/lars.py check
    python3 tests/peers/lars.py time FORM

FORM is loop (tensor by tensor, as most implementations do it) or foreach (torch._foreach_*). `check`
compares both with float64. `time` prints one line of JSON, with the milliseconds of a step, the mean
of each iteration. Needs torch.
"""

import argparse
import json

import timing
import torch

LR, MOMENTUM, DECAY, TRUST = 1e-3, 0.9, 1e-6, 0.001


@torch.no_grad()
def loop(groups):
    for params, grads, velocity, adapts in groups:
        for w, g, v in zip(params, grads, velocity):
            ratio = 1.0
            if adapts:
                g = g.add(w, alpha=DECAY)
                w_norm, g_norm = torch.norm(w), torch.norm(g)
                if w_norm > 0 and g_norm > 0:
                    ratio = TRUST * w_norm / g_norm
            v.mul_(MOMENTUM).add_(g * (LR * ratio))
            w.sub_(v)


@torch.no_grad()
def foreach(groups):
    for params, grads, velocity, adapts in groups:
        if adapts:
            grads = torch._foreach_add(grads, params, alpha=DECAY)
            w = torch.stack(torch._foreach_norm(params))
            g = torch.stack(torch._foreach_norm(grads))
            ratio = torch.where((w > 0) & (g > 0), TRUST * w / g, torch.ones_like(w))
            torch._foreach_mul_(grads, list(ratio.unbind()))
        torch._foreach_mul_(velocity, MOMENTUM)
        torch._foreach_add_(velocity, grads, alpha=LR)
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


def groups(dtype):
    """Weights, then what is exempt: scales and shifts."""
    torch.manual_seed(0)
    params = [0.05 * torch.randn(shape) for shape in shapes()]
    grads = [torch.randn_like(p) for p in params]
    out = []
    for adapts in (True, False):
        chosen = [i for i, p in enumerate(params) if (p.dim() > 1) == adapts]
        out.append(
            (
                [params[i].to(dtype) for i in chosen],
                [grads[i].to(dtype) for i in chosen],
                [torch.zeros_like(params[i], dtype=dtype) for i in chosen],
                adapts,
            )
        )
    return out


def check():
    """How far the forms are from float64 after two steps, relative to how far weights moved."""
    exact = groups(torch.float64)
    for _ in range(2):
        loop(exact)
    report = {}
    for name, form in FORMS.items():
        got = groups(torch.float32)
        start = groups(torch.float32)
        for _ in range(2):
            form(got)
        moved = max(float((a - b).abs().max()) for a, b in pairs(start, exact))
        report[name] = max(float((a - b).abs().max()) for a, b in pairs(got, exact)) / moved
        if not report[name] < 1e-3:
            raise SystemExit(f"{name} is off by {report[name]}")
    return report


def pairs(a, b):
    for one, other in zip(a, b):
        yield from zip(one[0], other[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    modes.add_parser("check", help="compare results")
    timed = modes.add_parser("time", help="measure milliseconds of a step")
    timed.add_argument("form", choices=FORMS)
    timing.add_options(timed)
    options = parser.parse_args()
    if options.mode == "check":
        print(json.dumps(check()))
        return
    state = groups(torch.float32)
    step = FORMS[options.form]
    timing.report(timing.milliseconds(lambda: step(state), options), "float32")


if __name__ == "__main__":
    main()
