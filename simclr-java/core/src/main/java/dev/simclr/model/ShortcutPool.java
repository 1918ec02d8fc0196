package dev.simclr.model;

import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;

/**
 * The 2x2 average pooling in a ResNet-D shortcut (He et al. 2019, arXiv 1812.01187, section 4.1).
 *
 * <p>torchvision's lineage (the layout of timm's resnet50d): only where the stride is 2, and what
 * hangs over the edge of an odd size does not count. The SimCLR reference: with stride 2 an odd
 * size has zeros after its end, which count; with stride 1 it pools too, and there what hangs over
 * does not count (tf2/resnet.py, TensorFlow's SAME padding).
 */
final class ShortcutPool extends Module {

  private static final long[] KERNEL = {2, 2};

  private final int stride;
  private final Variant variant;

  ShortcutPool(int stride, Variant variant) {
    this.stride = stride;
    this.variant = variant;
  }

  /**
   * Pools.
   *
   * @param x [N, C, H, W]
   * @return [N, C, ceil(H / stride), ceil(W / stride)]; x itself where nothing is pooled
   */
  @Override
  public Tensor forward(Tensor x) {
    if (variant == Variant.TORCHVISION) {
      return stride == 1
          ? x
          : Nn.avgPool2d(x, KERNEL, new long[] {stride, stride}, new long[2], true, false);
    }
    try (var scope = TensorScope.open()) {
      return scope.keep(stride == 1 ? poolInPlace(x) : poolZeroPadded(x));
    }
  }

  /** An average over those of two neighbours that exist is one over the last row taken twice. */
  private static Tensor poolInPlace(Tensor x) {
    Tensor padded = x;
    for (int dim = 2; dim < 4; dim++) {
      Tensor last = padded.narrow(dim, padded.size(dim) - 1, 1);
      padded = Tensor.cat(List.of(padded, last), dim);
    }
    return Nn.avgPool2d(padded, 2, 1, 0);
  }

  private Tensor poolZeroPadded(Tensor x) {
    Tensor padded = x;
    for (int dim = 2; dim < 4; dim++) {
      if (padded.size(dim) % 2 == 1) {
        Tensor last = padded.narrow(dim, padded.size(dim) - 1, 1);
        padded = Tensor.cat(List.of(padded, last.zerosLike()), dim);
      }
    }
    return Nn.avgPool2d(padded, 2, stride, 0);
  }
}
