package dev.simclr.model;

import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Optional;

/** Two 3x3 convolutions around a shortcut (He et al. 2016, arXiv 1512.03385, figure 5 left). */
final class BasicBlock extends Module {

  private final Conv2d conv1;
  private final BatchNorm bn1;
  private final Conv2d conv2;
  private final BatchNorm bn2;
  private final Optional<Sequential> downsample;

  BasicBlock(BlockShape shape, Initializer init) {
    conv1 = child("conv1", new Conv2d(shape.in(), shape.planes(), 3, shape.stride(), 1, init));
    bn1 = child("bn1", new BatchNorm(shape.planes()));
    conv2 = child("conv2", new Conv2d(shape.planes(), shape.planes(), 3, 1, 1, init));
    bn2 = child("bn2", new BatchNorm(shape.planes(), shape.lastScale(), true));
    downsample = shape.shortcut(init).map(projection -> child("downsample", projection));
  }

  @Override
  public Tensor forward(Tensor x) {
    // Frees what only this block needed as soon as it is done: in evaluation that is nearly all.
    try (var scope = TensorScope.open()) {
      Tensor out = bn1.forwardRelu(conv1.forward(x));
      out = conv2.forward(out);
      Tensor shortcut = downsample.isPresent() ? downsample.get().forward(x) : x;
      return scope.keep(bn2.forwardAddRelu(out, shortcut));
    }
  }
}
