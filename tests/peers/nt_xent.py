"""NT-Xent in plain PyTorch, as its users write it: forward and backward of float32 embeddings.

    python3 tests/peers/nt_xent.py time|memory FORM ROWS [--device cuda]

prints one line of JSON: milliseconds of each iteration, or the MiB by which the resident memory (on
a GPU that of tensors) rises in the first run; with the loss and the norm of its gradient. FORM is one of

    cross_entropy   F.cross_entropy of the similarities with -inf on the diagonal
    log_softmax     the positives' entries of their log_softmax
    logsumexp       logsumexp of the masked similarities minus the positives
    compile         torch.compile of cross_entropy, which must have a C++ compiler

Embeddings are 128 long and those of tests/fixtures/formula.py, the temperature is 0.5. Needs torch and
numpy.
"""

import argparse
import ctypes

import inputs
import timing
import torch
import torch.nn.functional as F

TEMPERATURE = 0.5
COLUMNS = 128


def similarities(z):
    z = F.normalize(z, dim=1)
    return z @ z.T / TEMPERATURE


def partners(z):
    return torch.arange(len(z), device=z.device).roll(len(z) // 2)


def cross_entropy(z):
    s = similarities(z)
    s.fill_diagonal_(-torch.inf)
    return F.cross_entropy(s, partners(z))


def log_softmax(z):
    s = similarities(z)
    s.fill_diagonal_(-torch.inf)
    return -F.log_softmax(s, 1).gather(1, partners(z)[:, None]).mean()


def logsumexp(z):
    s = similarities(z)
    positive = s.gather(1, partners(z)[:, None])[:, 0]
    s = s.masked_fill(torch.eye(len(z), dtype=torch.bool, device=z.device), -torch.inf)
    return (torch.logsumexp(s, 1) - positive).mean()


FORMS = {
    "cross_entropy": cross_entropy,
    "log_softmax": log_softmax,
    "logsumexp": logsumexp,
    "compile": torch.compile(cross_entropy, dynamic=False),
}


def embeddings(rows, device):
    return inputs.signed("embeddings", 1, rows, COLUMNS).to(device).requires_grad_()


def step(loss, z):
    z.grad = None
    value = loss(z)
    value.backward()
    return value.item()


def status(name):
    """A line of /proc/self/status, in MiB."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def extra_memory(loss, z):
    if z.is_cuda:
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step(loss, z)
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    before = status("VmRSS")
    step(loss, z)
    return status("VmHWM") - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["time", "memory"])
    parser.add_argument("form", choices=FORMS)
    parser.add_argument("rows", type=int)
    timing.add_options(parser)
    timing.add_device(parser)
    arguments = parser.parse_args()

    loss = FORMS[arguments.form]
    for _ in range(2):  # code is loaded before any memory is counted
        step(loss, embeddings(64, arguments.device))
    if arguments.form == "compile":
        step(loss, embeddings(arguments.rows, arguments.device))  # each size is compiled for itself
    z = embeddings(arguments.rows, arguments.device)
    if arguments.what == "memory":
        iterations = [extra_memory(loss, z)]
    else:
        iterations = timing.milliseconds(lambda: step(loss, z), arguments)
    results = {"loss": step(loss, z), "norm of the gradient": inputs.norm(z.grad)}
    timing.report(iterations, z.dtype, results, z.device)


if __name__ == "__main__":
    main()
