package dev.simclr.model;

import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Optional;

/** A convolution with a square kernel and no bias, as every convolution of a ResNet is. */
public final class Conv2d extends Module {

  private final Slot weight;
  private final int stride;
  private final int padding;

  /**
   * Creates a convolution.
   *
   * @param in input channels
   * @param out output channels
   * @param kernel height and width of the kernel
   * @param stride step in both directions
   * @param padding zeros on each side
   * @param init draws the weight
   */
  public Conv2d(int in, int out, int kernel, int stride, int padding, Initializer init) {
    this.stride = stride;
    this.padding = padding;
    try (var _ = TensorScope.open()) {
      weight = parameter("weight", ParameterKind.WEIGHT, init.convWeight(out, in, kernel, kernel));
    }
  }

  /**
   * Convolves.
   *
   * @param x [N, in, H, W]
   * @return [N, out, H', W'] with H' = (H + 2 padding - kernel) / stride + 1, W' likewise
   */
  @Override
  public Tensor forward(Tensor x) {
    return Nn.conv2d(x, weight.tensor(), Optional.empty(), stride, padding, 1, 1);
  }
}
