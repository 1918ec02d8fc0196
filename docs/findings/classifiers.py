"""What labels.py and supervised.py have in common: classifiers are trained, and kept in a table."""

import csv
import json
import pathlib
import subprocess

SIMCLR = pathlib.Path(__file__).resolve().parent.parent.parent / "simclr"


class Table:
    """A CSV file with a row for each classifier, which is trained unless it has one.

    The columns are those of what tells classifiers apart, the key, which has the epochs, and images,
    top1 and seconds.
    """

    def __init__(self, path, columns):
        self.path = path
        self.columns = columns
        self.rows = []
        if path.exists():
            with open(path, newline="", encoding="utf-8") as file:
                self.rows = list(csv.DictReader(file))

    def train(self, key, *arguments):
        """Trains and tests with `simclr finetune`, and returns the accuracy."""
        for row in self.rows:
            if all(row[k] == str(v) for k, v in key.items()):
                return float(row["top1"])
        command = [
            SIMCLR, "finetune", "--views", "simclr", "--json", "--overwrite",
            "--out", self.path.parent / "classifier",
            "--epochs", key["epochs"], *arguments,
        ]  # fmt: skip
        done = subprocess.run(
            [str(a) for a in command], stdout=subprocess.PIPE, text=True, check=True
        )
        facts = json.loads(done.stdout)
        row = {**key, "images": facts["train_images"], "top1": facts["top1"]}
        row["seconds"] = round(facts["seconds"], 1)
        self.rows.append({k: str(v) for k, v in row.items()})
        with open(self.path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        print(row, flush=True)
        return facts["top1"]
