"""SimCLR's views by torchvision on PIL images, as most training scripts make them."""

import io
import pathlib
import sys

import PIL
import torch
from PIL import Image, features

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fixtures"))
import formula

torchvision = formula.torchvision()
from torchvision import transforms
from torchvision.transforms import functional as F


def one_thread():
    torch.set_num_threads(1)
    return torch.get_num_threads()


def versions():
    return {
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "pillow": PIL.__version__,
        "libjpeg-turbo": features.version_feature("libjpeg_turbo"),
    }


def compose(work):
    """The transform of one view: PIL image to float32 [3, S, S]."""
    steps = [
        transforms.RandomResizedCrop(
            work["size"],
            scale=(work["crop_min"], work["crop_max"]),
            ratio=(work["ratio_min"], work["ratio_max"]),
        ),
        transforms.RandomHorizontalFlip(work["flip"]),
        transforms.RandomApply(
            [
                transforms.ColorJitter(
                    work["brightness"], work["contrast"], work["saturation"], work["hue"]
                )
            ],
            p=work["color"],
        ),
        transforms.RandomGrayscale(work["gray"]),
    ]
    if work["blur"] > 0:
        sigma = (work["blur_sigma_min"], work["blur_sigma_max"])
        steps.append(
            transforms.RandomApply(
                [transforms.GaussianBlur(work["blur_taps"], sigma)], p=work["blur"]
            )
        )
    return transforms.Compose([*steps, transforms.ToTensor()])


def decode(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


class Run:
    """Makes all views of one image after another."""

    def __init__(self, work, paths):
        self.views = work["views"]
        self.transform = compose(work)
        data = [path.read_bytes() for path in paths]
        self.images = data if work["jpeg"] else [decode(d) for d in data]
        self.decode = decode if work["jpeg"] else lambda image: image
        size = work["size"]
        self.batch = torch.empty(work["batch"] * self.views, 3, size, size)
        self.row = 0

    def image(self, index):
        """Makes the views of an image and returns how many these are."""
        image = self.decode(self.images[index])
        for _ in range(self.views):
            self.batch[self.row] = self.transform(image)
            self.row = (self.row + 1) % len(self.batch)
        return self.views


def apply(work, data, params):
    """One view with given parameters, float32 [S, S, 3]."""
    x = F.resized_crop(
        decode(data),
        params["top"],
        params["left"],
        params["height"],
        params["width"],
        [work["size"]] * 2,
    )
    if params["flip"]:
        x = F.hflip(x)
    for op in params["ops"]:
        if op["op"] == "gray":
            x = F.to_grayscale(x, num_output_channels=3)
        elif op["op"] == "blur":
            x = F.gaussian_blur(x, [work["blur_taps"]] * 2, [op["value"]] * 2)
        else:
            x = getattr(F, "adjust_" + op["op"])(x, op["value"])
    return F.to_tensor(x).permute(1, 2, 0).numpy()
