"""NT-Xent in plain PyTorch: the peer that simclr-java's loss is compared with.

    python3 tests/peers/nt_xent.py FORM

For each line "ROWS REPETITIONS" on standard input it runs forward and backward of [ROWS, 128]
float32 embeddings at temperature 0.5 once and then REPETITIONS times, and prints one line: the extra
memory of the first run in MiB, and the milliseconds of each of the others. FORM is one of

    cross_entropy   F.cross_entropy of the similarities with -inf on the diagonal
    log_softmax     the positives' entries of their log_softmax
    logsumexp       logsumexp of the masked similarities minus the positives
    compile         torch.compile of cross_entropy, which must have a C++ compiler

Needs torch and Linux (the memory is read from /proc).
"""

import ctypes
import sys
import time

import torch
import torch.nn.functional as F

TEMPERATURE = 0.5
COLUMNS = 128


def similarities(z):
    z = F.normalize(z, dim=1)
    return z @ z.T / TEMPERATURE


def partners(rows):
    return torch.arange(rows).roll(rows // 2)


def cross_entropy(z):
    s = similarities(z)
    s.fill_diagonal_(-torch.inf)
    return F.cross_entropy(s, partners(len(z)))


def log_softmax(z):
    s = similarities(z)
    s.fill_diagonal_(-torch.inf)
    return -F.log_softmax(s, 1).gather(1, partners(len(z))[:, None]).mean()


def logsumexp(z):
    s = similarities(z)
    positive = s.gather(1, partners(len(z))[:, None])[:, 0]
    s = s.masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return (torch.logsumexp(s, 1) - positive).mean()


FORMS = {
    "cross_entropy": cross_entropy,
    "log_softmax": log_softmax,
    "logsumexp": logsumexp,
    "compile": torch.compile(cross_entropy, dynamic=False),
}


def status(name):
    """A line of /proc/self/status, in MiB."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def extra_memory(body):
    """How far the resident memory rises above where it is, in MiB."""
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    before = status("VmRSS")
    body()
    return status("VmHWM") - before


def main():
    loss = FORMS[sys.argv[1]]
    embeddings = {}

    def step(z):
        z.grad = None
        start = time.perf_counter()
        loss(z).backward()
        return (time.perf_counter() - start) * 1e3

    # Code is loaded and compiled before any memory is counted.
    for _ in range(2):
        step(torch.randn(64, COLUMNS).requires_grad_())
    for line in sys.stdin:
        rows, repetitions = map(int, line.split())
        if rows not in embeddings:
            generator = torch.Generator().manual_seed(rows)
            z = torch.randn(rows, COLUMNS, generator=generator).requires_grad_()
            if sys.argv[1] == "compile":
                step(z)  # each size is compiled for itself
                z.grad = None
            embeddings[rows] = z
        z = embeddings[rows]
        extra = extra_memory(lambda: step(z))
        print(f"{extra:.1f}", *(f"{step(z):.3f}" for _ in range(repetitions)), flush=True)


if __name__ == "__main__":
    main()
