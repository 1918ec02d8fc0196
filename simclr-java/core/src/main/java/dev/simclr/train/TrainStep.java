package dev.simclr.train;

import dev.simclr.compute.ViewLoader;
import dev.simclr.loss.NtXent;
import dev.simclr.optim.Optimizer;
import dev.simclr.torch.Autocast;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One step of SimCLR (arXiv 2002.05709, algorithm 1): views of N images to an update of the
 * weights. All views go through the network in one forward pass, so that batch norm sees all of
 * them, unless {@code train.chunk} divides the batch (see {@link GradientCache}).
 */
final class TrainStep {
  private final Backend backend;
  private final SimClrModel model;
  private final Optimizer optimizer;
  private final Criterion criterion;
  private final Optional<Chunks> chunks;
  private final GradientCache cache;
  private final LossGuard guard;

  /** What a step gave. */
  record Values(double loss, double accuracy, double entropy) {}

  TrainStep(
      Backend backend,
      SimClrModel model,
      Optimizer optimizer,
      PretrainConfig config,
      LossGuard guard) {
    this.backend = backend;
    this.model = model;
    this.optimizer = optimizer;
    this.criterion = Criterion.of(config);
    this.chunks =
        Chunks.several(config.train())
            ? Optional.of(new Chunks(config.train(), config.augment().views()))
            : Optional.empty();
    List<Tensor> buffers = new ArrayList<>(model.encoder().namedBuffers().values());
    buffers.addAll(model.head().namedBuffers().values());
    this.cache = new GradientCache(this::project, buffers, criterion);
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
      NtXent.Result result = backward(step, views.tensor(), lr);
      optimizer.step(lr);
      optimizer.zeroGrad();
      return read
          ? Optional.of(
              new Values(result.loss().item(), result.accuracy().item(), result.entropy().item()))
          : Optional.empty();
    }
  }

  private NtXent.Result backward(long step, Tensor views, double lr) {
    if (chunks.isPresent()) {
      return cache.backward(views, chunks.get().of(step), loss -> guard.observe(step, loss, lr));
    }
    NtXent.Result result = criterion.of(project(views));
    guard.observe(step, result.loss(), lr);
    result.loss().backward();
    return result;
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
