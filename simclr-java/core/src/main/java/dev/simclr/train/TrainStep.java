package dev.simclr.train;

import dev.simclr.compute.ViewLoader;
import dev.simclr.loss.NtXent;
import dev.simclr.optim.Optimizer;
import dev.simclr.torch.Autocast;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Optional;

/**
 * One step of SimCLR (arXiv 2002.05709, algorithm 1): views of N images to an update of the
 * weights. Both views go through the network in one forward pass, so that batch norm sees all 2N.
 */
final class TrainStep {
  private final Backend backend;
  private final SimClrModel model;
  private final Optimizer optimizer;
  private final NtXent loss;
  private final LossGuard guard;

  /** What a step gave. */
  record Values(double loss, double accuracy, double entropy) {}

  TrainStep(
      Backend backend,
      SimClrModel model,
      Optimizer optimizer,
      double temperature,
      LossGuard guard) {
    this.backend = backend;
    this.model = model;
    this.optimizer = optimizer;
    this.loss = new NtXent(temperature);
    this.guard = guard;
  }

  /**
   * Takes a step. All tensors that it makes are gone when it returns.
   *
   * @param step the step, from 1
   * @param loader where the views come from
   * @param lr learning rate
   * @param read whether the values are wanted; reading them makes the host wait for a GPU
   * @throws NonFiniteLossException before the update, if the loss is known not to be finite
   */
  Optional<Values> run(long step, ViewLoader loader, double lr, boolean read) {
    try (var _ = TensorScope.open();
        ViewLoader.Views views = loader.next()) {
      NtXent.Result result = loss.forward(project(views.tensor()));
      guard.observe(step, result.loss(), lr);
      result.loss().backward();
      optimizer.step(lr);
      optimizer.zeroGrad();
      return read
          ? Optional.of(
              new Values(result.loss().item(), result.accuracy().item(), result.entropy().item()))
          : Optional.empty();
    }
  }

  private Tensor project(Tensor views) {
    if (!backend.precision().bf16()) {
      return model.forward(views);
    }
    try (var _ = Autocast.bf16(backend.device())) {
      return model.forward(views);
    }
  }
}
