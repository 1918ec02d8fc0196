"""The recipe cifar10-slim in plain PyTorch: the peer that simclr-java is compared with.

    python3 tests/peers/cifar10_slim.py DATA [--epochs 10] [--seed 0] [--precision bf16] [--steps N]

DATA holds train/<class>/*.jpg and test/<class>/*.jpg (32x32). Needs torch, torchvision, numpy and
pillow. The augmentation has torchvision's semantics (RandomResizedCrop with antialiased bilinear
resize, flip, colour jitter in random order, grayscale) but runs vectorised over the batch, since
torchvision's own per-image transforms would make the loader, not the step, the bottleneck.
With --steps N it times N steps after five warm-up steps and prints the median; nothing is evaluated.
"""

import argparse
import functools
import math
import pathlib
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn


def load(folder):
    """Decodes an image folder: uint8 [n, 3, 32, 32] and int64 labels [n]."""
    cache = pathlib.Path(folder).with_suffix(".peer.npz")
    if cache.exists():
        pack = np.load(cache)
        return torch.from_numpy(pack["x"]), torch.from_numpy(pack["y"])
    xs, ys = [], []
    for label, cls in enumerate(sorted(p for p in pathlib.Path(folder).iterdir() if p.is_dir())):
        for path in sorted(cls.iterdir()):
            xs.append(np.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1))
            ys.append(label)
    x, y = np.stack(xs), np.array(ys)
    np.savez(cache, x=x, y=y)
    return torch.from_numpy(x), torch.from_numpy(y)


class Block(nn.Module):
    """torchvision's BasicBlock."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(
                nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout)
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)), inplace=True)


class ResNet18(nn.Module):
    """ResNet-18 with the CIFAR stem and the given base width; features [n, 8 * width]."""

    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        blocks, cin = [], width
        for stage in range(4):
            cout = width << stage
            for i in range(2):
                blocks.append(Block(cin, cout, 2 if stage > 0 and i == 0 else 1))
                cin = cout
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return self.blocks(x).mean((2, 3))


def uniform(g, *shape):
    """Random numbers in [0, 1), where their generator is."""
    return torch.rand(*shape, generator=g, device=g.device)


def crop_boxes(n, size, g):
    """RandomResizedCrop.get_params for n images at once: top, left, height, width."""
    area = size * size
    top = torch.zeros(n, device=g.device)
    left = torch.zeros(n, device=g.device)
    height = torch.full((n,), float(size), device=g.device)
    width = torch.full((n,), float(size), device=g.device)
    open_ = torch.ones(n, dtype=torch.bool, device=g.device)
    lo, hi = math.log(3 / 4), math.log(4 / 3)
    for _ in range(10):
        target = area * (0.08 + 0.92 * uniform(g, n))
        ratio = torch.exp(lo + (hi - lo) * uniform(g, n))
        w = torch.round(torch.sqrt(target * ratio))
        h = torch.round(torch.sqrt(target / ratio))
        fits = open_ & (w > 0) & (w <= size) & (h > 0) & (h <= size)
        i = torch.floor(uniform(g, n) * (size - h + 1))
        j = torch.floor(uniform(g, n) * (size - w + 1))
        for dst, src in ((top, i), (left, j), (height, h), (width, w)):
            dst[fits] = src[fits]
        open_ &= ~fits
    return top, left, height, width


def resize_matrix(start, length, size, flip=None):
    """Antialiased bilinear resampling of [start, start + length) to size, as matrices [n, size, size]."""
    scale = (length / size)[:, None, None]
    support = scale.clamp(min=1)
    out = torch.arange(size, device=start.device)[None, :, None]
    centre = scale * (out + 0.5)
    pixel = torch.arange(size, device=start.device)[None, None, :] - start[:, None, None]
    weight = (1 - ((pixel + 0.5 - centre) / support).abs()).clamp(min=0)
    weight = weight * ((pixel >= 0) & (pixel < length[:, None, None]))
    weight = weight / weight.sum(2, keepdim=True)
    if flip is not None:
        weight = torch.where(flip[:, None, None], weight.flip(1), weight)
    return weight


@functools.cache
def gray_weights(device):
    return torch.tensor([0.2989, 0.587, 0.114], device=device)[:, None, None]


def gray(x):
    """Luma of RGB x [n, 3, h, w], as [n, 1, h, w]."""
    return (x * gray_weights(x.device)).sum(1, keepdim=True)


def hue(x, shift):
    """Adds shift [n] (in turns) to the hue of RGB x [n, 3, h, w]."""
    r, g, b = x.unbind(1)
    maxc, minc = x.amax(1), x.amin(1)
    equal = maxc == minc
    chroma = maxc - minc
    s = chroma / torch.where(equal, 1.0, maxc)
    div = torch.where(equal, 1.0, chroma)
    rc, gc, bc = (maxc - r) / div, (maxc - g) / div, (maxc - b) / div
    hr = (maxc == r) * (bc - gc)
    hg = ((maxc == g) & (maxc != r)) * (2 + rc - bc)
    hb = ((maxc != g) & (maxc != r)) * (4 + gc - rc)
    h = torch.fmod((hr + hg + hb) / 6 + 1, 1)
    h = torch.remainder(h + shift[:, None, None], 1)
    i = torch.floor(h * 6)
    f = h * 6 - i
    i = i.to(torch.int64) % 6
    p, q, t = maxc * (1 - s), maxc * (1 - s * f), maxc * (1 - s * (1 - f))
    table = torch.stack(
        [
            torch.stack([maxc, q, p, p, t, maxc]),
            torch.stack([t, maxc, maxc, q, p, p]),
            torch.stack([p, p, t, maxc, maxc, q]),
        ]
    )
    return table.gather(1, i[None, None].expand(3, 1, *i.shape))[:, 0].transpose(0, 1).clamp(0, 1)


def resample(x, top, left, height, width, flip):
    """Crops, resizes and flips uint8 images [n, 3, s, s], as float32 in [0, 1]."""
    size = x.shape[3]
    rows = resize_matrix(top, height, size)
    cols = resize_matrix(left, width, size, flip)
    x = x.float() / 255
    return torch.matmul(torch.matmul(rows[:, None], x), cols.transpose(1, 2)[:, None])


OPS = 4


def change(x, op, amount):
    """Brightness, contrast, saturation or hue of x [n, 3, h, w], by an amount [n]."""
    a = amount[:, None, None, None]
    if op == 0:
        x = x * a
    elif op == 1:
        x = a * x + (1 - a) * gray(x).mean((2, 3), keepdim=True)
    elif op == 2:
        x = a * x + (1 - a) * gray(x)
    else:
        x = hue(x, amount)
    return x.clamp(0, 1)


def draw(n, g):
    """What is random of n views beside their boxes: flips, jitter, and of each operation amounts."""
    flip = uniform(g, n) < 0.5
    jitter = uniform(g, n) < 0.8
    amounts = (*(0.6 + 0.8 * uniform(g, 3, n)).unbind(0), -0.1 + 0.2 * uniform(g, n))
    return flip, jitter, amounts


def augment(x, g):
    """One view of each image: uint8 [n, 3, s, s] to float32 [n, 3, s, s], torchvision semantics."""
    n, size = x.shape[0], x.shape[3]
    box = crop_boxes(n, size, g)
    flip, jitter, amounts = draw(n, g)
    x = resample(x, *box, flip)
    order = torch.argsort(uniform(g, n, OPS), 1)
    for position in range(OPS):
        for op in range(OPS):
            idx = (jitter & (order[:, position] == op)).nonzero()[:, 0]
            x[idx] = change(x[idx], op, amounts[op][idx])
    grays = (uniform(g, n) < 0.2).nonzero()[:, 0]
    x[grays] = gray(x[grays]).expand(-1, 3, -1, -1)
    return x


def nt_xent(z, t):
    """NT-Xent, mean over the 2N anchors; z [2N, D], view 1 first."""
    z = F.normalize(z.float(), dim=1, eps=1e-12)
    s = z @ z.T / t
    s.fill_diagonal_(-math.inf)
    n = z.shape[0] // 2
    return F.cross_entropy(s, torch.arange(2 * n, device=z.device).roll(n))


@torch.no_grad()
def features(net, x, batch=500):
    net.eval()
    out = [
        net((x[i : i + batch].float() / 255).to(memory_format=torch.channels_last))
        for i in range(0, len(x), batch)
    ]
    net.train()
    return torch.cat(out)


def knn(train, train_y, test, test_y, k=200, t=0.1):
    train, test = F.normalize(train, dim=1), F.normalize(test, dim=1)
    hits = 0
    for i in range(0, len(test), 500):
        value, index = (test[i : i + 500] @ train.T).topk(k)
        votes = torch.zeros(len(value), int(train_y.max()) + 1)
        votes.scatter_add_(1, train_y[index], (value / t).exp())
        hits += (votes.argmax(1) == test_y[i : i + 500]).sum().item()
    return 100 * hits / len(test)


def linear(train, train_y, test, test_y):
    mean, std = train.mean(0), train.std(0).clamp(min=1e-6)
    train, test = (train - mean) / std, (test - mean) / std
    layer = nn.Linear(train.shape[1], int(train_y.max()) + 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    opt = torch.optim.LBFGS(layer.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def closure():
        opt.zero_grad()
        loss = F.cross_entropy(layer(train), train_y) + 1e-4 * layer.weight.square().sum()
        loss.backward()
        return loss

    opt.step(closure)
    with torch.no_grad():
        return 100 * (layer(test).argmax(1) == test_y).float().mean().item()


def main():
    args = argparse.ArgumentParser()
    args.add_argument("data")
    args.add_argument("--epochs", type=int, default=10)
    args.add_argument("--seed", type=int, default=0)
    args.add_argument("--precision", choices=["bf16", "float32"], default="bf16")
    args.add_argument("--width", type=int, default=16)
    args.add_argument("--batch", type=int, default=256)
    args.add_argument("--steps", type=int, default=0)
    args = args.parse_args()
    torch.manual_seed(args.seed)
    g = torch.Generator().manual_seed(args.seed)
    x, y = load(f"{args.data}/train")
    test_x, test_y = load(f"{args.data}/test")

    net = ResNet18(args.width)
    d = 8 * args.width
    head = nn.Sequential(
        nn.Linear(d, d, bias=False),
        nn.BatchNorm1d(d),
        nn.ReLU(),
        nn.Linear(d, 128, bias=False),
        nn.BatchNorm1d(128),
    )
    net.to(memory_format=torch.channels_last)
    peak = 0.06 * args.batch / 128
    params = [*net.parameters(), *head.parameters()]
    opt = torch.optim.SGD(params, lr=peak, momentum=0.9, weight_decay=5e-4)
    per_epoch = len(x) // args.batch
    total, warm = args.epochs * per_epoch, per_epoch

    def rate(step):
        if step < warm:
            return peak * (step + 1) / warm
        return peak * 0.5 * (1 + math.cos(math.pi * (step - warm) / (total - warm)))

    def evaluate(tag):
        a, b = features(net, x), features(net, test_x)
        print(f"{tag} knn {knn(a, y, b, test_y):.2f}", flush=True)
        return a, b

    if not args.steps:
        evaluate("untrained")
    step, times = 0, []
    for epoch in range(args.epochs):
        start, losses = time.time(), []
        order = torch.randperm(len(x), generator=g)
        for b in range(per_epoch):
            begin = time.perf_counter()
            idx = order[b * args.batch : (b + 1) * args.batch]
            views = torch.cat([augment(x[idx], g), augment(x[idx], g)])
            views = views.to(memory_format=torch.channels_last)
            for group in opt.param_groups:
                group["lr"] = rate(step)
            with torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
                z = head(net(views))
            loss = nt_xent(z, 0.5)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            losses.append(loss.item())
            step += 1
            times.append(time.perf_counter() - begin)
            if args.steps and step == args.steps + 5:
                median = statistics.median(times[5:])
                print(f"median step {median * 1e3:.1f} ms, {args.batch / median:.1f} pairs/s")
                return
        a, b = evaluate(f"epoch {epoch + 1} loss {statistics.fmean(losses):.4f}")
        print(f"  {time.time() - start:.1f} s", flush=True)
    print(f"linear {linear(a, y, b, test_y):.2f}")


if __name__ == "__main__":
    main()
