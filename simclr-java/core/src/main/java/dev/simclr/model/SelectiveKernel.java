package dev.simclr.model;

import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;

/**
 * Selective kernels (Li et al. 2019, arXiv 1903.06586) as SimCLR v2 has them (arXiv 2006.10029,
 * section 2; tf2/resnet.py of the reference): two 3x3 convolutions with batch norm and ReLU, mixed
 * per image and channel with weights that follow from the mean of their sum. Takes the place of the
 * 3x3 convolution of a bottleneck, its batch norm and its ReLU.
 *
 * <p>The two streams are one convolution of twice the channels, the first stream before the second.
 */
final class SelectiveKernel extends Module {

  /** The least width of the layer between the mean and the weights. */
  private static final int LEAST_WIDTH = 32;

  private final Conv2d conv;
  private final BatchNorm bn;
  private final Conv2d reduce;
  private final BatchNorm reduceBn;
  private final Conv2d select;

  /**
   * Creates selective kernels.
   *
   * @param channels of input and output
   * @param stride of the convolutions
   * @param ratio width of the layer between the mean and the weights, as a share of channels
   * @param init draws the weights
   */
  SelectiveKernel(int channels, int stride, double ratio, Initializer init) {
    int width = Math.max((int) (channels * ratio), LEAST_WIDTH);
    conv = child("conv", new Conv2d(channels, 2 * channels, 3, stride, 1, init));
    bn = child("bn", new BatchNorm(2 * channels));
    reduce = child("attn.fc_reduce", new Conv2d(channels, width, 1, 1, 0, init));
    reduceBn = child("attn.bn", new BatchNorm(width));
    select = child("attn.fc_select", new Conv2d(width, 2 * channels, 1, 1, 0, init));
  }

  /**
   * Convolves and mixes.
   *
   * @param x [N, C, H, W]
   * @return [N, C, H', W'], none of it negative
   */
  @Override
  public Tensor forward(Tensor x) {
    try (var scope = TensorScope.open()) {
      List<Tensor> streams = bn.forwardRelu(conv.forward(x)).chunk(2, 1);
      Tensor mean = Nn.adaptiveAvgPool2d(streams.get(0).add(streams.get(1)), 1, 1);
      List<Tensor> scores = select.forward(reduceBn.forwardRelu(reduce.forward(mean))).chunk(2, 1);
      // A softmax over two is a logistic function of their difference.
      Tensor first = scores.get(0).sub(scores.get(1)).sigmoid();
      // a p + b (1 - p) = b + (a - b) p
      Tensor difference = streams.get(0).sub(streams.get(1));
      return scope.keep(difference.mul(first).add(streams.get(1)));
    }
  }
}
