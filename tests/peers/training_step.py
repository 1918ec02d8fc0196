"""A step of the recipe cifar10-slim in plain PyTorch, on views that are there or made for it.

    python3 tests/peers/training_step.py time FORM DTYPE [--width 0.25] [--batch 256]
        [--augment IMAGES] [--device cuda]

FORM is eager or compile (the network and the loss, by torch.compile), DTYPE float32 or bfloat16 (by
autocast). Prints one line of JSON, with the milliseconds of a step: zeroing of gradients, forward
of both views, NT-Xent, backward, SGD; the mean of each iteration; and the losses of the first steps,
from weights and views of tests/fixtures/formula.py. With --augment the timed steps also make their
views, of so many images of noise on the device, by batch_augment.py. Needs torch and numpy, and cifar10_slim.py beside it.
"""

import argparse
import math

import timing

LR = 1e-4
# Of the steps whose losses are compared: so high that a step which does something else would show.
CHECKED_LR, CHECKED_STEPS = 0.05, 3


def fill(network):
    """Weights with the bound of He et al. 2015; scales are 1 and shifts 0, as they start."""
    import inputs
    import torch

    with torch.no_grad():
        for number, weight in enumerate(network.parameters()):
            if weight.dim() > 1:
                bound = math.sqrt(6 / weight[0].numel())
                weight.copy_(inputs.signed(f"weight.{number}", bound, *weight.shape))


def drawn(options):
    """Views of random images of a data set on the device, without end."""
    import torch
    from batch_augment import BatchAugment

    augment = BatchAugment(compiled=options.form == "compile")
    g = torch.Generator(options.device).manual_seed(0)
    place = {"generator": g, "device": options.device}
    images = torch.randint(256, (options.augment, 3, 32, 32), dtype=torch.uint8, **place)
    while True:
        batch = images[torch.randint(len(images), (options.batch,), **place)]
        views = torch.cat([augment(batch, g), augment(batch, g)])
        yield views.to(memory_format=torch.channels_last)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("time",))
    parser.add_argument("form", choices=("eager", "compile"))
    parser.add_argument("dtype", choices=("float32", "bfloat16"))
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--augment", type=int, metavar="IMAGES")
    timing.add_options(parser)
    timing.add_device(parser)
    options = parser.parse_args()

    import inputs
    import torch
    from cifar10_slim import ResNet18, nt_xent
    from torch import nn

    width = round(64 * options.width)
    d = 8 * width
    network = nn.Sequential(
        ResNet18(width),
        nn.Linear(d, d, bias=False),
        nn.BatchNorm1d(d),
        nn.ReLU(),
        nn.Linear(d, 128, bias=False),
        nn.BatchNorm1d(128),
    ).to(options.device, memory_format=torch.channels_last)
    fill(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=CHECKED_LR, momentum=0.9, weight_decay=5e-4)
    views = inputs.signed("views", 1, 2 * options.batch, 3, 32, 32)
    views = views.to(options.device, memory_format=torch.channels_last)
    bf16 = options.dtype == "bfloat16"

    def loss_of(views):
        with torch.autocast(options.device, torch.bfloat16, enabled=bf16):
            z = network(views)
        return nt_xent(z, 0.5), z

    if options.form == "compile":
        loss_of = torch.compile(loss_of, dynamic=False)

    def step(views=views):
        optimizer.zero_grad(set_to_none=True)
        loss, z = loss_of(views)
        loss.backward()
        optimizer.step()
        return loss.item(), z

    results = {}
    for number in range(1, CHECKED_STEPS + 1):
        results[f"loss of step {number}"], z = step()
    for group in optimizer.param_groups:
        group["lr"] = LR
    timed = step
    if options.augment:
        batches = drawn(options)
        timed = lambda: step(next(batches))  # noqa: E731
    timing.report(timing.milliseconds(timed, options), z.dtype, results, z.device)


if __name__ == "__main__":
    main()
