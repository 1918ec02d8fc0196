package dev.simclr.model;

import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;

/**
 * The three 3x3 convolutions of the ResNet-D stem, the first of stride 2 (He et al. 2019, arXiv
 * 1812.01187, figure 2b), each of the first two with batch norm and ReLU. Batch norm and ReLU of
 * the third belong to the network. Children are numbered as in timm's resnet50d, whose ReLUs are 2
 * and 5.
 */
final class DeepStem extends Module {

  private final Conv2d conv0;
  private final BatchNorm bn1;
  private final Conv2d conv3;
  private final BatchNorm bn4;
  private final Conv2d conv6;

  /**
   * Creates the convolutions.
   *
   * @param channels output channels; the first two convolutions have half of them
   * @param init draws the weights
   */
  DeepStem(int channels, Initializer init) {
    int half = Math.max(1, channels / 2);
    conv0 = child("0", new Conv2d(3, half, 3, 2, 1, init));
    bn1 = child("1", new BatchNorm(half));
    conv3 = child("3", new Conv2d(half, half, 3, 1, 1, init));
    bn4 = child("4", new BatchNorm(half));
    conv6 = child("6", new Conv2d(half, channels, 3, 1, 1, init));
  }

  /**
   * Convolves.
   *
   * @param x [N, 3, H, W]
   * @return [N, channels, ceil(H / 2), ceil(W / 2)]
   */
  @Override
  public Tensor forward(Tensor x) {
    try (var scope = TensorScope.open()) {
      Tensor out = bn1.forwardRelu(conv0.forward(x));
      out = bn4.forwardRelu(conv3.forward(out));
      return scope.keep(conv6.forward(out));
    }
  }
}
