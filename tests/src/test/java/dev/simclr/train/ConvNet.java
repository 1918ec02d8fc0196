package dev.simclr.train;

import dev.simclr.model.BatchNorm;
import dev.simclr.model.Conv2d;
import dev.simclr.model.InitialWeights;
import dev.simclr.model.Initializer;
import dev.simclr.model.Module;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;

/**
 * A small network with batch norm, as a user of the library might write it. Its layers have names
 * like those of a ResNet's stages, which they are not.
 */
final class ConvNet extends Module {
  static final int DIM = 24;

  private final Conv2d first;
  private final BatchNorm firstNorm;
  private final Conv2d second;
  private final BatchNorm secondNorm;

  ConvNet(long seed) {
    try (var _ = TensorScope.open()) {
      Initializer init = new Initializer(seed, Initializer.ENCODER, InitialWeights.PYTORCH);
      first = child("layer_a", new Conv2d(3, 8, 3, 2, 1, init));
      firstNorm = child("norm_a", new BatchNorm(8));
      second = child("layer_b", new Conv2d(8, DIM, 3, 2, 1, init));
      secondNorm = child("norm_b", new BatchNorm(DIM));
    }
  }

  @Override
  public Tensor forward(Tensor x) {
    try (var scope = TensorScope.open()) {
      Tensor hidden = firstNorm.forward(first.forward(x)).relu();
      return scope.keep(secondNorm.forward(second.forward(hidden)).relu().mean(false, 2, 3));
    }
  }
}
