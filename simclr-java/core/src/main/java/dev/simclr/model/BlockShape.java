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
 * @param lastScale first scale of the last batch norm
 */
record BlockShape(int in, int planes, int out, int stride, boolean projection, double lastScale) {

  Optional<Sequential> shortcut(Initializer init) {
    return projection
        ? Optional.of(
            new Sequential(List.of(new Conv2d(in, out, 1, stride, 0, init), new BatchNorm(out))))
        : Optional.empty();
  }
}
