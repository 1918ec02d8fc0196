#!/usr/bin/env python3
"""Few labels: a pretrained encoder, fine-tuned, against training from scratch.

    docs/findings/labels.py DATA RUN OUT [--per-class 50] [--subsets 3]

DATA holds train/<class>/ and test/<class>/, RUN is a pretraining run of it. For each subset of the
labels, RUN is fine-tuned and a new network trained, each with three learning rates on four fifths of
the subset, then with the best of them (on the fifth that is left) on all of it. Both have the network
and the augmentation of RUN/config.yaml. Rows are added to OUT/labels.csv; those that are there are not
computed again.
"""

import argparse
import pathlib
import random

from classifiers import Table

RATES = (0.05, 0.1, 0.2)
WEIGHT_DECAY = 5e-4  # From scratch, as recipe supervised has it.
COLUMNS = ("per_class", "subset", "start", "epochs", "lr", "images", "tested_on", "top1", "seconds")


def draw(data, per_class, subset, out):
    """Lists of paths and labels: the subset, what is trained on for a choice, and what is held out."""
    generator = random.Random(f"{per_class}/{subset}")
    lists = {"subset": [], "fit": [], "held-out": []}
    for folder in sorted(p for p in (data / "train").iterdir() if p.is_dir()):
        names = sorted(p.relative_to(data) for p in folder.iterdir())
        chosen = [f"{name},{folder.name}" for name in generator.sample(names, per_class)]
        lists["subset"] += chosen
        lists["fit"] += chosen[per_class // 5 :]
        lists["held-out"] += chosen[: per_class // 5]
    return {k: write(out / f"{per_class}-{subset}-{k}.txt", v) for k, v in lists.items()}


def write(path, lines):
    path.write_text("".join(line + "\n" for line in lines))
    return path


class Subset:
    """One draw of the labels."""

    def __init__(self, number, options, test, table):
        self.key = {"per_class": options.per_class, "subset": number}
        self.lists = draw(options.data, options.per_class, number, options.out)
        self.test = test
        self.data = options.data
        self.table = table

    def best_of(self, start, epochs, *arguments):
        """Trains with each of the rates on what is not held out, then with the best of them on all."""
        held_out = {lr: self.train(start, epochs, lr, *arguments, held_out=True) for lr in RATES}
        self.train(start, epochs, max(RATES, key=held_out.get), *arguments)

    def train(self, start, epochs, lr, *arguments, held_out=False):
        """Trains on all of it, or on what is not held out, and returns the accuracy on the rest."""
        key = {**self.key, "start": start, "epochs": epochs, "lr": lr}
        key["tested_on"] = "held-out" if held_out else "test"
        train = self.lists["fit" if held_out else "subset"]
        test = self.lists["held-out"] if held_out else self.test
        return self.table.train(
            key, *arguments, "--lr", lr, "--seed", self.key["subset"], "data.source=list",
            f"data.root={self.data}", f"data.train={train}", f"data.test={test}",
        )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--per-class", type=int, default=50)
    parser.add_argument("--subsets", type=int, default=3)
    parser.add_argument("--tuned-epochs", type=int, default=60)
    parser.add_argument("--scratch-epochs", type=int, default=200)
    options = parser.parse_args()
    options.data, options.out = options.data.resolve(), options.out.resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    test = write(
        options.out / "test.txt",
        [f"{p.relative_to(options.data)},{p.parent.name}"
         for p in sorted(options.data.glob("test/*/*"))],
    )  # fmt: skip
    table = Table(options.out / "labels.csv", COLUMNS)
    scratch = ["--from-scratch", "--config", options.run / "config.yaml"]
    scratch += ["--batch", 128, "--weight-decay", WEIGHT_DECAY]
    for number in range(options.subsets):
        subset = Subset(number, options, test, table)
        subset.best_of("pretrained", options.tuned_epochs, options.run)
        subset.best_of("scratch", options.scratch_epochs, *scratch)


if __name__ == "__main__":
    main()
