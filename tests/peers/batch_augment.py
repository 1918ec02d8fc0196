"""Views of whole batches by tensor operations that a GPU does not have to be waited for."""

import functools
import math

import torch
from cifar10_slim import OPS, change, draw, gray, resample, uniform

ATTEMPTS = 10


def crop_boxes(n, size, g):
    """RandomResizedCrop.get_params for n images, with all attempts at once, as Kornia has it."""
    lo, hi = math.log(3 / 4), math.log(4 / 3)
    target = size * size * (0.08 + 0.92 * uniform(g, ATTEMPTS, n))
    ratio = torch.exp(lo + (hi - lo) * uniform(g, ATTEMPTS, n))
    w = torch.round(torch.sqrt(target * ratio))
    h = torch.round(torch.sqrt(target / ratio))
    fits = (w > 0) & (w <= size) & (h > 0) & (h <= size)
    first = fits.int().argmax(0, keepdim=True)
    any_fits = fits.any(0)
    width, height = (torch.where(any_fits, v.gather(0, first)[0], size) for v in (w, h))
    top = torch.floor(uniform(g, n) * (size - height + 1))
    left = torch.floor(uniform(g, n) * (size - width + 1))
    return top, left, height, width


def changed(x, op, amount, chosen):
    return torch.where(chosen[:, None, None, None], change(x, op, amount), x)


def grayed(x, chosen):
    return torch.where(chosen[:, None, None, None], gray(x), x)


class BatchAugment:
    """cifar10_slim.augment with one order of operations for the whole batch, as Kornia has it.

    All images are computed, and those chosen that are wanted. With `compiled` torch.compile fuses
    the operations.
    """

    def __init__(self, compiled=False):
        fuse = functools.partial(torch.compile, dynamic=False) if compiled else lambda f: f
        self.resample, self.changed, self.grayed = map(fuse, (resample, changed, grayed))

    def __call__(self, x, g):
        n, size = x.shape[0], x.shape[3]
        box = crop_boxes(n, size, g)
        flip, jitter, amounts = draw(n, g)
        x = self.resample(x, *box, flip)
        for op in torch.randperm(OPS).tolist():  # drawn on the CPU, so that nothing waits
            x = self.changed(x, op, amounts[op], jitter)
        return self.grayed(x, uniform(g, n) < 0.2)
