"""Batch norm, the shortcut's sum where there is one, and ReLU in plain PyTorch.

    python3 tests/peers/batch_norm.py time FORM DTYPE [--shortcut] [--keep-memory]

FORM is eager or compile, DTYPE float32 or bfloat16. Prints one line of JSON, with the milliseconds
of forward and backward of 512 x 16 x 32 x 32 in channels-last memory, the mean of each iteration.
With --keep-memory glibc keeps freed memory (MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_), which
is faster. Needs torch.
"""

import argparse
import os
import sys

import timing

KEEP = {"MALLOC_MMAP_THRESHOLD_": "8589934592", "MALLOC_TRIM_THRESHOLD_": "8589934592"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("time",))
    parser.add_argument("form", choices=("eager", "compile"))
    parser.add_argument("dtype", choices=("float32", "bfloat16"))
    parser.add_argument("--shortcut", action="store_true")
    parser.add_argument("--keep-memory", action="store_true")
    timing.add_options(parser)
    options = parser.parse_args()
    if options.keep_memory and not KEEP.items() <= os.environ.items():
        # glibc reads them when a process starts.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEEP})
    measure(options)


def measure(options):
    import torch
    import torch.nn.functional as F

    dtype = getattr(torch, options.dtype)

    def activations(seed):
        generator = torch.Generator().manual_seed(seed)
        t = torch.randn(512, 16, 32, 32, generator=generator).to(dtype)
        return t.contiguous(memory_format=torch.channels_last)

    x = activations(1).requires_grad_()
    shortcut = activations(2).requires_grad_()
    gradient = activations(3)
    weight = torch.ones(16).requires_grad_()
    bias = torch.zeros(16).requires_grad_()
    mean, var = torch.zeros(16), torch.ones(16)

    def forward(x, shortcut, weight, bias):
        y = F.batch_norm(x, mean, var, weight, bias, training=True)
        return F.relu(y + shortcut if options.shortcut else y, inplace=True)

    if options.form == "compile":
        forward = torch.compile(forward, dynamic=False)

    def step():
        for leaf in (x, shortcut, weight, bias):
            leaf.grad = None
        forward(x, shortcut, weight, bias).backward(gradient)

    step()
    timing.report(timing.milliseconds(step, options), options.dtype)


if __name__ == "__main__":
    main()
