"""Inputs that a peer and its benchmark in Java both compute, bit for bit, so that results can be
compared: those of tests/fixtures/formula.py. The Java side is dev.simclr.benchmark.FormulaInputs.
"""

import pathlib
import sys

import numpy as np
import torch

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "fixtures"))
import formula  # noqa: E402  only now can it be found


def signed(name, bound, *shape):
    """Uniform numbers in [-bound, bound), float32; the name decides which."""
    return torch.from_numpy((bound * formula.signed(name, shape)).astype(np.float32))


def norm(values):
    """The L2 norm, summed in float64."""
    return values.detach().double().norm().item()
