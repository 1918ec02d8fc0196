"""Images of noise in both forms that whole programs read: a folder of PNG files, and a .npy file."""

import random
import struct
import zlib

SIZE = 32
CLASSES = 10


def folder(context, count):
    """train/<class>/ with that many images of 32x32; drawn once."""
    root = context.data / f"noise-{count}"
    if not (root / "done").exists():
        for name, pixels in enumerate(images(count)):
            path = root / "train" / f"class-{name % CLASSES}" / f"{name:06d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(pixels))
        (root / "done").write_text("")
    return root


def array(context, count):
    """The same images as a uint8 array, for numpy.load."""
    path = context.data / f"noise-{count}.npy"
    if not path.exists():
        # By hand, so that the runner does not need numpy.
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({count}, {SIZE}, {SIZE}, 3), }}"
        header += " " * (-(len(header) + 11) % 64) + "\n"
        context.data.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
            for pixels in images(count):
                file.write(pixels)
    return path


def images(count):
    generator = random.Random(count)
    for _ in range(count):
        yield generator.randbytes(SIZE * SIZE * 3)


def png(pixels):
    """RGB of SIZE x SIZE as a PNG file."""
    rows = b"".join(
        b"\0" + pixels[i : i + 3 * SIZE] for i in range(0, len(pixels), 3 * SIZE)
    )
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    )
