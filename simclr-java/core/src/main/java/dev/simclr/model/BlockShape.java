package dev.simclr.model;

import java.util.List;
import java.util.Optional;

/**
 * Sizes of a residual block.
 *
 * @param in input channels
 * @param planes channels inside
 * @param out output channels
 * @param stride of the block
 * @param projection whether the shortcut is a 1x1 convolution with batch norm
 * @param variant whose padding an average pooling in the shortcut has
 * @param lastScale first scale of the last batch norm
 * @param resnetD whether the stride of the shortcut is in an average pooling before its convolution
 * @param skRatio width of the layer that mixes selective kernels, as a share of {@code planes}; 0
 *     for an ordinary 3x3 convolution
 */
record BlockShape(
    int in,
    int planes,
    int out,
    int stride,
    boolean projection,
    Variant variant,
    double lastScale,
    boolean resnetD,
    double skRatio) {

  /** Returns the projection shortcut, if there is one. */
  Optional<Sequential> shortcut(Initializer init) {
    if (!projection) {
      return Optional.empty();
    }
    if (!resnetD) {
      return Optional.of(
          new Sequential(List.of(new Conv2d(in, out, 1, stride, 0, init), new BatchNorm(out))));
    }
    // Numbered 1 and 2, as in timm, whose pooling is number 0.
    return Optional.of(
        new Sequential(
            List.of(
                new ShortcutPool(stride, variant),
                new Conv2d(in, out, 1, 1, 0, init),
                new BatchNorm(out))));
  }
}
