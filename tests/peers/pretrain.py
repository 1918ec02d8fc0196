"""Pretraining of the recipe cifar10-slim as users of PyTorch write it, for a number of epochs.

    python3 tests/peers/pretrain.py IMAGES VIEWS [--epochs 2] [--width 16] [--batch 256] [--workers 2]
        [--log-every 1] [--compile] [--device cuda]

IMAGES is a .npy file of uint8 [n, 32, 32, 3], which is mapped. VIEWS is torchvision or opencv, by a
DataLoader with workers, or tensor, by operations on whole batches in the process that trains; on
a GPU of images in its memory, with one order of operations for a batch.
--log-every says how many steps share a look at the loss, for which a GPU has to be waited for.
--compile has torch.compile fuse the network with the loss, and on a GPU the operations on views.
Prints a line when a step is the first, one with the conditions of its process, and one when an epoch
is over; evaluates nothing. Needs torch, and
for torchvision and opencv what augment_torchvision.py and augment_opencv.py need.
"""

import argparse
import json
import math

import numpy as np
import timing
import torch
from batch_augment import BatchAugment
from cifar10_slim import ResNet18, augment, nt_xent
from torch import nn

WORK = {
    "size": 32, "views": 2, "jpeg": False,
    "crop_min": 0.08, "crop_max": 1.0, "ratio_min": 3 / 4, "ratio_max": 4 / 3, "flip": 0.5,
    "color": 0.8, "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1, "gray": 0.2,
    "blur": 0.0, "blur_taps": 3, "blur_sigma_min": 0.1, "blur_sigma_max": 2.0,
}  # fmt: skip


class Torchvision(torch.utils.data.Dataset):
    """Two views of an image, by torchvision on PIL images."""

    def __init__(self, path):
        from augment_torchvision import compose

        self.images = np.load(path, mmap_mode="r")
        self.transform = compose(WORK)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        from PIL import Image

        image = Image.fromarray(self.images[index])
        return self.transform(image), self.transform(image)


class OpenCv(torch.utils.data.Dataset):
    """Two views of an image, by OpenCV on bytes."""

    def __init__(self, path):
        from augment_opencv import Pipeline, one_thread

        one_thread()
        self.images = np.load(path, mmap_mode="r")
        self.pipeline = Pipeline(WORK)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        views = np.empty((2, 32, 32, 3), np.float32)
        for view in views:
            self.pipeline.view(self.images[index], view)
        # Channels last in memory, as the network wants them.
        return tuple(torch.from_numpy(view).permute(2, 0, 1) for view in views)


def by_workers(dataset, options):
    loader = torch.utils.data.DataLoader(
        dataset,
        batch_size=options.batch, shuffle=True, drop_last=True,
        num_workers=options.workers, persistent_workers=True,
    )  # fmt: skip
    while True:
        for one, other in loader:
            yield torch.cat([one, other])


def by_tensors(path, options):
    images = torch.from_numpy(np.load(path, mmap_mode="r")).permute(0, 3, 1, 2)
    images = images.to(options.device)
    generator = torch.Generator(options.device).manual_seed(0)
    view = augment if options.device == "cpu" else BatchAugment(options.compile)
    while True:
        order = torch.randperm(len(images), generator=generator, device=options.device)
        for first in range(0, len(images) - options.batch + 1, options.batch):
            batch = images[order[first : first + options.batch]]
            yield torch.cat([view(batch, generator), view(batch, generator)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images")
    parser.add_argument("views", choices=("torchvision", "opencv", "tensor"))
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--log-every", type=int, default=1)
    parser.add_argument("--compile", action="store_true")
    timing.add_device(parser)
    options = parser.parse_args()
    torch.manual_seed(0)
    if options.views == "tensor":
        batches = by_tensors(options.images, options)
    else:
        dataset = {"torchvision": Torchvision, "opencv": OpenCv}[options.views](options.images)
        batches = by_workers(dataset, options)
    d = 8 * options.width
    network = nn.Sequential(
        ResNet18(options.width),
        nn.Linear(d, d, bias=False), nn.BatchNorm1d(d), nn.ReLU(),
        nn.Linear(d, 128, bias=False), nn.BatchNorm1d(128),
    ).to(options.device, memory_format=torch.channels_last)  # fmt: skip

    def loss_of(views):
        with torch.autocast(options.device, torch.bfloat16):
            z = network(views)
        return nt_xent(z, 0.5), z

    if options.compile:
        loss_of = torch.compile(loss_of, dynamic=False)
    peak = 0.06 * options.batch / 128
    optimizer = torch.optim.SGD(network.parameters(), lr=peak, momentum=0.9, weight_decay=5e-4)
    per_epoch = len(np.load(options.images, mmap_mode="r")) // options.batch
    total = options.epochs * per_epoch
    for step in range(total):
        views = next(batches).to(options.device, memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = peak * 0.5 * (1 + math.cos(math.pi * step / total))
        loss, z = loss_of(views)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        over = (step + 1) % per_epoch == 0
        if step == 0 or over or (step + 1) % options.log_every == 0:
            value = loss.item()
        if step == 0:
            print(f"first step, loss {value:.4f}", flush=True)
            print("conditions " + json.dumps(timing.facts(z.dtype, z.device)), flush=True)
        if over:
            print(f"epoch {(step + 1) // per_epoch} over, loss {value:.4f}", flush=True)


if __name__ == "__main__":
    main()
