"""Whether simclr-java and the peers compute the same views from the same parameters."""

import json

import augment_torchvision
import numpy as np
import torch
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

# A view of simclr-java against torchvision's float functions.
TOLERANCE = 1e-5
# Mean absolute difference of a peer, which rounds to bytes after each operation, over all views.
PEER_TOLERANCE = 0.01


def reference(work, data, params):
    """One view by torchvision's functions on float tensors, float32 [S, S, 3]."""
    image = torch.from_numpy(np.array(augment_torchvision.decode(data))).permute(2, 0, 1)
    x = F.resized_crop(
        F.to_dtype(image, torch.float32, scale=True),
        params["top"],
        params["left"],
        params["height"],
        params["width"],
        [work["size"]] * 2,
        interpolation=v2.InterpolationMode.BILINEAR,
        antialias=True,
    )
    if params["flip"]:
        x = F.horizontal_flip(x)
    for op in params["ops"]:
        if op["op"] == "gray":
            x = F.rgb_to_grayscale(x, num_output_channels=3)
        elif op["op"] == "blur":
            x = F.gaussian_blur(x, [work["blur_taps"]] * 2, [op["value"]] * 2)
        else:
            x = getattr(F, "adjust_" + op["op"])(x, op["value"])
    return x.permute(1, 2, 0).numpy()


def check(folder, work, paths, peers):
    """Compares; raises SystemExit with the worst value if something differs."""
    views = json.loads((folder / "views.json").read_text())
    size = work["size"]
    ours = np.fromfile(folder / "views.bin", "<f4").reshape(len(views), size, size, 3)
    files = {path.name: path for path in paths}
    data = [files[view["image"]].read_bytes() for view in views]
    expected = np.stack([reference(work, d, v) for d, v in zip(data, views)])
    difference = np.abs(ours - expected)
    worst = np.unravel_index(difference.argmax(), difference.shape)
    if not difference[worst] <= TOLERANCE:
        raise SystemExit(
            f"{work['workload']}: simclr-java's view {worst[0]} is {ours[worst]:.7f} at row, column, "
            f"channel {tuple(int(i) for i in worst[1:])}, torchvision's {expected[worst]:.7f}; "
            f"allowed difference {TOLERANCE}: {json.dumps(views[worst[0]])}"
        )
    result = {
        "workload": work["workload"],
        "views": len(views),
        "simclr-java": float(difference[worst]),
    }
    for name, peer in peers.items():
        got = np.stack([peer.apply(work, d, v) for d, v in zip(data, views)])
        mean = float(np.abs(got - expected).mean())
        if not mean <= PEER_TOLERANCE:
            raise SystemExit(
                f"{work['workload']}: the views of {name} differ by {mean:.4f} on average from "
                f"those of torchvision on floats; allowed {PEER_TOLERANCE}"
            )
        result[name] = mean
    return result
