#!/usr/bin/env python3
"""Few labels: a pretrained encoder, fine-tuned, against training from scratch.

    docs/findings/labels.py DATA RUN OUT [--per-class 50] [--subsets 3]

DATA holds train/<class>/ and test/<class>/, RUN is a pretraining run of it. For each subset of the
labels, the same for both: RUN is fine-tuned, and a new network trained with each of three learning
rates on four fifths of the subset, then with the best of them (on the last fifth) on all of it. Both
have the network and the augmentation of RUN/config.yaml. Rows are added to OUT/labels.csv; those
that are there are not computed again.
"""

import argparse
import csv
import json
import pathlib
import random
import subprocess

SIMCLR = pathlib.Path(__file__).resolve().parent.parent.parent / "simclr"
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


class Study:
    def __init__(self, options):
        self.options = options
        self.table = options.out / "labels.csv"
        self.rows = []
        if self.table.exists():
            with open(self.table, newline="", encoding="utf-8") as file:
                self.rows = list(csv.DictReader(file))

    def run(self, key, arguments, train, test):
        """Trains and tests, unless the table has it, and returns the accuracy."""
        for row in self.rows:
            if all(row[k] == str(v) for k, v in key.items()):
                return float(row["top1"])
        result = self.options.out / "classifier"
        command = [
            SIMCLR, "finetune", *arguments, "--views", "simclr", "--json", "--overwrite",
            "--out", result, "--epochs", key["epochs"], "--seed", key["subset"],
            "data.source=list", f"data.root={self.options.data}", f"data.train={train}",
            f"data.test={test}",
        ]  # fmt: skip
        done = subprocess.run(
            [str(a) for a in command], stdout=subprocess.PIPE, text=True, check=True
        )
        facts = json.loads(done.stdout)
        row = {**key, "images": facts["train_images"], "top1": facts["top1"]}
        row["seconds"] = round(facts["seconds"], 1)
        self.rows.append({k: str(v) for k, v in row.items()})
        with open(self.table, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        print(row, flush=True)
        return facts["top1"]


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
    study = Study(options)
    for subset in range(options.subsets):
        lists = draw(options.data, options.per_class, subset, options.out)
        key = {"per_class": options.per_class, "subset": subset}
        tuned = {**key, "start": "pretrained", "epochs": options.tuned_epochs, "lr": 0.05}
        study.run(
            {**tuned, "tested_on": "test"}, [options.run, "--lr", 0.05], lists["subset"], test
        )
        held_out = {}
        for lr in RATES:
            scratch = {**key, "start": "scratch", "epochs": options.scratch_epochs, "lr": lr}
            arguments = ["--from-scratch", "--config", options.run / "config.yaml"]
            arguments += ["--batch", 128, "--weight-decay", WEIGHT_DECAY, "--lr", lr]
            held_out[lr] = study.run(
                {**scratch, "tested_on": "held-out"}, arguments, lists["fit"], lists["held-out"]
            )
        best = max(RATES, key=held_out.get)
        arguments[-1] = best
        study.run(
            {**scratch, "lr": best, "tested_on": "test"}, arguments, lists["subset"], test
        )


if __name__ == "__main__":
    main()
