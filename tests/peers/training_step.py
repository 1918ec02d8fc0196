"""A step of the recipe cifar10-slim in plain PyTorch, on views that are there.

    python3 tests/peers/training_step.py time FORM DTYPE [--width 0.25] [--batch 256]

FORM is eager or compile (the network and the loss, by torch.compile), DTYPE float32 or bfloat16 (by
autocast). Prints one line of JSON, with the milliseconds of a step: zeroing of gradients, forward
of both views, NT-Xent, backward, SGD; the mean of each iteration. Needs torch, and cifar10_slim.py
beside it.
"""

import argparse

import timing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("time",))
    parser.add_argument("form", choices=("eager", "compile"))
    parser.add_argument("dtype", choices=("float32", "bfloat16"))
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--batch", type=int, default=256)
    timing.add_options(parser)
    options = parser.parse_args()

    import torch
    from cifar10_slim import ResNet18, nt_xent
    from torch import nn

    torch.manual_seed(0)
    width = round(64 * options.width)
    d = 8 * width
    network = nn.Sequential(
        ResNet18(width),
        nn.Linear(d, d, bias=False),
        nn.BatchNorm1d(d),
        nn.ReLU(),
        nn.Linear(d, 128, bias=False),
        nn.BatchNorm1d(128),
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)
    views = torch.rand(2 * options.batch, 3, 32, 32).to(memory_format=torch.channels_last)
    bf16 = options.dtype == "bfloat16"

    def loss_of(views):
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            z = network(views)
        return nt_xent(z, 0.5)

    if options.form == "compile":
        loss_of = torch.compile(loss_of, dynamic=False)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(views)
        loss.backward()
        optimizer.step()
        return loss.item()

    step()
    timing.report(timing.milliseconds(step, options), options.dtype)


if __name__ == "__main__":
    main()
