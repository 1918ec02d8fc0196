"""What a call costs in PyTorch that has hardly anything to compute.

    python3 tests/peers/calls.py time CALL

`time` prints one line of JSON, with the nanoseconds of a call, the mean of each iteration. The calls
are those of dev.simclr.benchmark.CallsBenchmark. Needs torch.
"""

import argparse
import itertools
import time

import timing
import torch

WIDTH = 16
RATE = 1e-3
# Calls between two looks at the clock.
BATCH = 1000


class Calls:
    """One method for each call; each repeats it, so that the loop costs little."""

    def __init__(self):
        torch.manual_seed(1)
        self.a, self.b = torch.ones(4), torch.ones(4)
        self.image = torch.ones(2, 3, 4, 5)
        self.x, self.y = torch.rand(WIDTH, WIDTH), torch.rand(WIDTH, WIDTH)
        self.weight = torch.rand(WIDTH, WIDTH, requires_grad=True)
        if (self.a + self.b).sum().item() != 8:
            raise SystemExit("1 + 1 is not 2")
        self.results = {"weight after two steps": self.two_steps()}

    def two_steps(self):
        """From ones for x and for the weight, and zeros for y: the gradient is 2 w."""
        drawn = self.x, self.y, self.weight
        self.x, self.y = torch.ones(WIDTH, WIDTH), torch.zeros(WIDTH, WIDTH)
        self.weight = torch.ones(WIDTH, WIDTH, requires_grad=True)
        self.step(range(2))
        value = self.weight.detach().mean().item()
        self.x, self.y, self.weight = drawn
        return value

    def flag(self, times):
        call = torch.is_grad_enabled
        for _ in times:
            call()

    def add(self, times):
        a, b = self.a, self.b
        for _ in times:
            a + b

    def shape(self, times):
        image = self.image
        for _ in times:
            tuple(image.shape)

    def create(self, times):
        empty = torch.empty
        for _ in times:
            empty(4)

    def scope(self, times):
        a, b = self.a, self.b
        for _ in times:
            [a + b for _ in range(100)]

    def step(self, times):
        x, y, weight = self.x, self.y, self.weight
        for _ in times:
            (x @ weight - y).square().mean().backward()
            with torch.no_grad():
                weight.sub_(weight.grad, alpha=RATE)
                weight.grad.zero_()


def measure(call, options):
    results = []
    batch = BATCH if call.__name__ not in ("scope", "step") else BATCH // 100
    for iteration in range(-options.warmup, options.iterations):
        calls = 0
        start = now = time.perf_counter()
        while now - start < options.seconds:
            call(itertools.repeat(None, batch))
            calls += batch
            now = time.perf_counter()
        if iteration >= 0:
            results.append(1e9 * (now - start) / calls)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    timed = modes.add_parser("time", help="measure nanoseconds of a call")
    timed.add_argument("call", choices=("flag", "add", "shape", "create", "scope", "step"))
    timing.add_options(timed)
    options = parser.parse_args()
    torch.set_num_threads(1)
    calls = Calls()
    timing.report(measure(getattr(calls, options.call), options), calls.a.dtype, calls.results)


if __name__ == "__main__":
    main()
