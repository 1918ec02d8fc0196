"""SimCLR's views by OpenCV on uint8 images, as augmentation libraries write them."""

import math
import random

import cv2
import numpy as np

LEVELS = np.arange(256, dtype=np.float32)
HUES = np.arange(256, dtype=np.int16)
SCALE = np.float32(1 / 255)


def one_thread():
    cv2.setNumThreads(1)
    return cv2.getNumThreads()


def versions():
    return {"opencv": cv2.__version__, "numpy": np.__version__}


def decode(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)


class Pipeline:
    """Draws and computes views of one size; arrays are reused from view to view."""

    def __init__(self, work):
        self.work = work
        size = work["size"]
        self.size = (size, size)
        self.taps = (work["blur_taps"], work["blur_taps"])
        self.log_ratio = (math.log(work["ratio_min"]), math.log(work["ratio_max"]))
        self.a = np.empty((size, size, 3), np.uint8)
        self.b = np.empty((size, size, 3), np.uint8)
        self.gray = np.empty((size, size), np.uint8)

    def crop(self, height, width):
        """RandomResizedCrop.get_params: top, left, height, width."""
        uniform = random.uniform
        for _ in range(10):
            area = height * width * uniform(self.work["crop_min"], self.work["crop_max"])
            ratio = math.exp(uniform(*self.log_ratio))
            w = round(math.sqrt(area * ratio))
            h = round(math.sqrt(area / ratio))
            if 0 < w <= width and 0 < h <= height:
                return random.randint(0, height - h), random.randint(0, width - w), h, w
        w = min(width, round(height * self.work["ratio_max"]))
        h = min(height, round(width / self.work["ratio_min"]))
        return (height - h) // 2, (width - w) // 2, h, w

    def view(self, image, out):
        """One random view: uint8 [h, w, 3] to float32 [S, S, 3] in `out`."""
        work = self.work
        self.resize(image, *self.crop(image.shape[0], image.shape[1]))
        if random.random() < work["flip"]:
            self.flip()
        if random.random() < work["color"]:
            factors = {
                self.brightness: random.uniform(1 - work["brightness"], 1 + work["brightness"]),
                self.contrast: random.uniform(1 - work["contrast"], 1 + work["contrast"]),
                self.saturation: random.uniform(1 - work["saturation"], 1 + work["saturation"]),
                self.hue: random.uniform(-work["hue"], work["hue"]),
            }
            operations = list(factors)
            random.shuffle(operations)
            for operation in operations:
                operation(factors[operation])
        if random.random() < work["gray"]:
            self.to_gray()
        if random.random() < work["blur"]:
            self.blur(random.uniform(work["blur_sigma_min"], work["blur_sigma_max"]))
        self.write(out)

    def resize(self, image, top, left, height, width):
        box = image[top : top + height, left : left + width]
        cv2.resize(box, self.size, dst=self.a, interpolation=cv2.INTER_LINEAR)

    def flip(self):
        cv2.flip(self.a, 1, dst=self.b)
        self.a, self.b = self.b, self.a

    def brightness(self, factor):
        table = np.clip(LEVELS * factor, 0, 255).astype(np.uint8)
        cv2.LUT(self.a, table, dst=self.a)

    def contrast(self, factor):
        mean = cv2.mean(cv2.cvtColor(self.a, cv2.COLOR_RGB2GRAY, dst=self.gray))[0]
        table = np.clip(LEVELS * factor + mean * (1 - factor), 0, 255).astype(np.uint8)
        cv2.LUT(self.a, table, dst=self.a)

    def saturation(self, factor):
        cv2.cvtColor(self.a, cv2.COLOR_RGB2GRAY, dst=self.gray)
        cv2.cvtColor(self.gray, cv2.COLOR_GRAY2RGB, dst=self.b)
        cv2.addWeighted(self.a, factor, self.b, 1 - factor, 0, dst=self.a)

    def hue(self, shift):
        hue, saturation, value = cv2.split(cv2.cvtColor(self.a, cv2.COLOR_RGB2HSV, dst=self.b))
        table = np.mod(HUES + round(180 * shift), 180).astype(np.uint8)
        cv2.merge((cv2.LUT(hue, table), saturation, value), dst=self.b)
        cv2.cvtColor(self.b, cv2.COLOR_HSV2RGB, dst=self.a)

    def to_gray(self):
        cv2.cvtColor(self.a, cv2.COLOR_RGB2GRAY, dst=self.gray)
        cv2.cvtColor(self.gray, cv2.COLOR_GRAY2RGB, dst=self.a)

    def blur(self, sigma):
        cv2.GaussianBlur(self.a, self.taps, sigma, dst=self.b)
        self.a, self.b = self.b, self.a

    def write(self, out):
        out[...] = self.a
        np.multiply(out, SCALE, out=out)


class Run:
    """Makes all views of one image after another."""

    pipelines = Pipeline

    def __init__(self, work, paths):
        self.views = work["views"]
        self.pipeline = self.pipelines(work)
        data = [path.read_bytes() for path in paths]
        self.images = data if work["jpeg"] else [decode(d) for d in data]
        self.decode = decode if work["jpeg"] else lambda image: image
        size = work["size"]
        self.batch = np.empty((work["batch"] * self.views, size, size, 3), np.float32)
        self.row = 0

    def image(self, index):
        """Makes the views of an image and returns how many these are."""
        image = self.decode(self.images[index])
        for _ in range(self.views):
            self.pipeline.view(image, self.batch[self.row])
            self.row = (self.row + 1) % len(self.batch)
        return self.views


def apply(work, data, params, pipelines=Pipeline):
    """One view with given parameters, float32 [S, S, 3]."""
    pipeline = pipelines(work)
    pipeline.resize(
        decode(data), params["top"], params["left"], params["height"], params["width"]
    )
    if params["flip"]:
        pipeline.flip()
    for op in params["ops"]:
        if op["op"] == "gray":
            pipeline.to_gray()
        else:
            getattr(pipeline, op["op"])(op["value"])
    out = np.empty((work["size"], work["size"], 3), np.float32)
    pipeline.write(out)
    return out
