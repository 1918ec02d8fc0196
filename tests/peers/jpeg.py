"""Decoding of whole JPEG files that are in memory, by OpenCV and by Pillow, on one thread.

    python3 tests/peers/jpeg.py time DECODER FOLDER

DECODER is opencv or pillow; FOLDER holds the files, which dev.simclr.benchmark.JpegBenchmark draws.
Prints one line of JSON, with the microseconds of a file, the mean of each iteration, and sums of all
pixels. Needs numpy and opencv-python-headless or pillow.
"""

import argparse
import io
import itertools
import json
import pathlib
import platform

import numpy as np
import timing

PERIOD = 251


def opencv():
    import cv2

    cv2.setNumThreads(1)
    return (
        lambda data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB),
        cv2.getNumThreads(),
        {"opencv": cv2.__version__},
    )


def pillow():
    import PIL
    from PIL import Image, features

    # convert() decodes; an array of the pixels would be a copy beside that.
    return (
        lambda data: Image.open(io.BytesIO(data)).convert("RGB"),
        1,  # Pillow has no threads of its own
        {"pillow": PIL.__version__, "libjpeg-turbo": features.version_feature("libjpeg_turbo")},
    )


DECODERS = {"opencv": opencv, "pillow": pillow}


def sums(images):
    """Of the pixels, and of the pixels times their place, which shows what has changed places."""
    total = placed = 0
    for image in images:
        pixels = np.asarray(image).reshape(-1).astype(np.int64)
        total += int(pixels.sum())
        placed += int((pixels * (np.arange(len(pixels)) % PERIOD)).sum())
    return {"sum of the pixels": total, "sum of the pixels by place": placed}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    timed = modes.add_parser("time", help="measure microseconds of a file")
    timed.add_argument("decoder", choices=DECODERS)
    timed.add_argument("folder", type=pathlib.Path)
    timing.add_options(timed)
    options = parser.parse_args()
    decode, threads, versions = DECODERS[options.decoder]()
    # Names that begin with a dot are files that an interrupted run has left.
    paths = sorted(p for p in options.folder.iterdir() if not p.name.startswith("."))
    files = [path.read_bytes() for path in paths]
    following = itertools.cycle(files)
    times = timing.milliseconds(lambda: decode(next(following)), options)
    print(
        json.dumps(
            {
                "iterations": [1e3 * t for t in times],
                "facts": timing.without_torch(np.asarray(decode(files[0])).dtype, threads),
                "results": sums(map(decode, files)),
                "versions": {"python": platform.python_version(), **versions},
            }
        )
    )


if __name__ == "__main__":
    main()
