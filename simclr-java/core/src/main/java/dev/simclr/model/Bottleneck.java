package dev.simclr.model;

import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * 1x1, 3x3 and 1x1 convolutions around a shortcut (He et al. 2016, arXiv 1512.03385, figure 5
 * right), with the stride in the 3x3 one, as torchvision and the SimCLR reference have it, or with
 * {@link SelectiveKernel} in its place.
 */
final class Bottleneck extends Module {

  /** Output channels per plane. */
  static final int EXPANSION = 4;

  private final Conv2d conv1;
  private final BatchNorm bn1;
  private final UnaryOperator<Tensor> middle;
  private final Conv2d conv3;
  private final BatchNorm bn3;
  private final Optional<Sequential> downsample;

  Bottleneck(BlockShape shape, Initializer init) {
    conv1 = child("conv1", new Conv2d(shape.in(), shape.planes(), 1, 1, 0, init));
    bn1 = child("bn1", new BatchNorm(shape.planes()));
    middle = shape.skRatio() > 0 ? selectiveKernel(shape, init) : convolution(shape, init);
    conv3 = child("conv3", new Conv2d(shape.planes(), shape.out(), 1, 1, 0, init));
    bn3 = child("bn3", new BatchNorm(shape.out(), shape.lastScale(), true));
    downsample = shape.shortcut(init).map(projection -> child("downsample", projection));
  }

  private UnaryOperator<Tensor> convolution(BlockShape shape, Initializer init) {
    Conv2d conv =
        child("conv2", new Conv2d(shape.planes(), shape.planes(), 3, shape.stride(), 1, init));
    BatchNorm norm = child("bn2", new BatchNorm(shape.planes()));
    return x -> norm.forwardRelu(conv.forward(x));
  }

  private UnaryOperator<Tensor> selectiveKernel(BlockShape shape, Initializer init) {
    return child(
            "conv2", new SelectiveKernel(shape.planes(), shape.stride(), shape.skRatio(), init))
        ::forward;
  }

  @Override
  public Tensor forward(Tensor x) {
    try (var scope = TensorScope.open()) {
      Tensor out = bn1.forwardRelu(conv1.forward(x));
      out = middle.apply(out);
      out = conv3.forward(out);
      Tensor shortcut = downsample.isPresent() ? downsample.get().forward(x) : x;
      return scope.keep(bn3.forwardAddRelu(out, shortcut));
    }
  }
}
