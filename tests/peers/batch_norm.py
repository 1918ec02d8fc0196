"""Batch norm, the shortcut's sum where there is one, and ReLU in plain PyTorch.

    python3 tests/peers/batch_norm.py time FORM DTYPE [--shortcut] [--device cuda]

FORM is eager or compile, DTYPE float32 or bfloat16. Prints one line of JSON, with the milliseconds
of forward and backward of 512 x 16 x 32 x 32 in channels-last memory, the mean of each iteration.
Activations are those of tests/fixtures/formula.py; norms of the output and of the gradients
are printed too. Needs torch and numpy.
"""

import argparse

import timing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("time",))
    parser.add_argument("form", choices=("eager", "compile"))
    parser.add_argument("dtype", choices=("float32", "bfloat16"))
    parser.add_argument("--shortcut", action="store_true")
    timing.add_options(parser)
    timing.add_device(parser)
    options = parser.parse_args()
    measure(options)


def measure(options):
    import inputs
    import torch
    import torch.nn.functional as F

    dtype = getattr(torch, options.dtype)

    def activations(name):
        t = inputs.signed(name, 1, 512, 16, 32, 32).to(options.device, dtype)
        return t.contiguous(memory_format=torch.channels_last)

    x = activations("x").requires_grad_()
    shortcut = activations("shortcut").requires_grad_()
    gradient = activations("gradient")
    weight = torch.ones(16, device=options.device).requires_grad_()
    bias = torch.zeros(16, device=options.device).requires_grad_()
    mean, var = torch.zeros(16, device=options.device), torch.ones(16, device=options.device)

    def forward(x, shortcut, weight, bias):
        y = F.batch_norm(x, mean, var, weight, bias, training=True)
        return F.relu(y + shortcut if options.shortcut else y, inplace=True)

    if options.form == "compile":
        forward = torch.compile(forward, dynamic=False)

    def step():
        for leaf in (x, shortcut, weight, bias):
            leaf.grad = None
        y = forward(x, shortcut, weight, bias)
        y.backward(gradient)
        return y

    y = step()
    results = {
        "norm of the output": inputs.norm(y),
        "norm of the input's gradient": inputs.norm(x.grad),
        "norm of the scale's gradient": inputs.norm(weight.grad),
        "norm of the shift's gradient": inputs.norm(bias.grad),
    }
    if options.shortcut:
        results["norm of the shortcut's gradient"] = inputs.norm(shortcut.grad)
    timing.report(timing.milliseconds(step, options), y.dtype, results, y.device)


if __name__ == "__main__":
    main()
