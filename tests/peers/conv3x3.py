"""A 3 x 3 convolution of the slim ResNet-18 in plain PyTorch.

    python3 tests/peers/conv3x3.py time DTYPE STRIDE

DTYPE is float32 or bfloat16, STRIDE 1 or 2. Prints one line of JSON, with the milliseconds of
forward and backward of 512 x 16 x 32 x 32 in channels-last memory to STRIDE times 16 channels, the
mean of each iteration. Inputs are those of tests/fixtures/formula.py; norms of the output and
of the gradients are printed too. Needs torch and numpy.
"""

import argparse

import timing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("time",))
    parser.add_argument("dtype", choices=("float32", "bfloat16"))
    parser.add_argument("stride", type=int, choices=(1, 2))
    timing.add_options(parser)
    options = parser.parse_args()
    measure(options)


def measure(options):
    import inputs
    import torch
    import torch.nn.functional as F

    stride = options.stride

    def images(name, *sizes):
        t = inputs.signed(name, 1, *sizes).to(getattr(torch, options.dtype))
        return t.contiguous(memory_format=torch.channels_last)

    x = images("x", 512, 16, 32, 32).requires_grad_()
    weight = images("weight", stride * 16, 16, 3, 3).requires_grad_()
    gradient = images("gradient", 512, stride * 16, 32 // stride, 32 // stride)

    def step():
        x.grad = weight.grad = None
        y = F.conv2d(x, weight, stride=stride, padding=1)
        y.backward(gradient)
        return y

    y = step()
    results = {
        "norm of the output": inputs.norm(y),
        "norm of the input's gradient": inputs.norm(x.grad),
        "norm of the weight's gradient": inputs.norm(weight.grad),
    }
    timing.report(timing.milliseconds(step, options), y.dtype, results)


if __name__ == "__main__":
    main()
