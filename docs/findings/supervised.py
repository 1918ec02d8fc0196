#!/usr/bin/env python3
"""Colour strength in supervised learning: recipe supervised with the network of cifar10-slim.

    docs/findings/supervised.py DATA OUT

DATA holds train/<class>/ and test/<class>/. A network is trained with all labels for each strength
and number of epochs. Rows are added to OUT/supervised.csv; those that are there are not computed
again.
"""

import argparse
import pathlib

from classifiers import Table

STRENGTHS = (0.125, 0.5)
EPOCHS = (5, 20)
COLUMNS = ("strength", "epochs", "seed", "images", "top1", "seconds")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    table = Table(options.out.resolve() / "supervised.csv", COLUMNS)
    for epochs in EPOCHS:
        for strength in STRENGTHS:
            key = {"strength": strength, "epochs": epochs, "seed": 0}
            table.train(
                key, "--from-scratch", "--recipe", "supervised", "--seed", key["seed"],
                "model.width=0.25", f"augment.color_strength={strength}", "data.source=folder",
                f"data.root={options.data.resolve()}",
            )  # fmt: skip


if __name__ == "__main__":
    main()
