package dev.simclr.train;

import dev.simclr.compute.ViewSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.loss.NtXent;
import dev.simclr.optim.Optimizer;
import dev.simclr.torch.Autocast;
import dev.simclr.torch.Guard;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/**
 * One step of SimCLR (arXiv 2002.05709, algorithm 1): views of N images to an update of the
 * weights. All views go through the network in one forward pass, so that batch norm sees all of
 * them, unless {@code train.chunk} divides the batch (see {@link GradientCache}).
 */
final class TrainStep {
  private final Backend backend;
  private final SimClrModel model;
  private final Optimizer optimizer;
  private final LongFunction<Criterion> criteria;
  private final Optional<Chunks> chunks;
  private final GradientCache cache;
  private final PretrainConfig config;
  private final LossGuard guard;
  private final Optional<OnlineProbe> probe;

  /** What a step gave. */
  record Values(double loss, double accuracy, double entropy) {}

  /**
   * Prepares to take steps.
   *
   * @param guard sees all losses
   * @param images that are trained on, whose labels the loss may use
   * @param probe classifiers that learn beside the encoder, if there are any
   * @param queue further negatives, if there are any
   */
  TrainStep(
      Backend backend,
      SimClrModel model,
      Optimizer optimizer,
      PretrainConfig config,
      LossGuard guard,
      ImageDataset images,
      Optional<OnlineProbe> probe,
      Optional<NegativeQueue> queue) {
    this.backend = backend;
    this.model = model;
    this.optimizer = optimizer;
    this.criteria = Criterion.of(config, images, queue);
    this.chunks =
        Chunks.several(config.train())
            ? Optional.of(new Chunks(config.train(), config.augment().views()))
            : Optional.empty();
    List<Tensor> buffers = new ArrayList<>(model.encoder().namedBuffers().values());
    buffers.addAll(model.head().namedBuffers().values());
    this.cache = new GradientCache(buffers);
    this.config = config;
    this.guard = guard;
    this.probe = probe;
  }

  /**
   * Takes a step. All tensors that it makes are gone when it returns.
   *
   * @param step the step, from 1
   * @param loader where the views come from
   * @param lr learning rate
   * @param read whether the values, means over what is accumulated, are wanted; reading them makes
   *     the host wait for a GPU
   * @throws NonFiniteLossException before the update, if the loss is known not to be finite
   */
  Optional<Values> run(long step, ViewSource loader, double lr, boolean read) {
    double loss = 0;
    double accuracy = 0;
    double entropy = 0;
    int batches = config.train().accumulate();
    for (int i = 0; i < batches; i++) {
      // Steps count from 1, batches from 0.
      long batch = (step - 1) * batches + i;
      try (var _ = TensorScope.open();
          ViewSource.Views views = loader.next()) {
        NtXent.Result result = backward(step, batch, views.tensor(), lr);
        if (read) {
          loss += result.loss().item() / batches;
          accuracy += result.accuracy().item() / batches;
          entropy += result.entropy().item() / batches;
        }
      }
    }
    if (batches > 1) {
      optimizer.scaleGrad(1.0 / batches);
    }
    Optimizers.update(optimizer, config.optim(), lr);
    probe.ifPresent(OnlineProbe::update);
    return read ? Optional.of(new Values(loss, accuracy, entropy)) : Optional.empty();
  }

  private NtXent.Result backward(long step, long batch, Tensor views, double lr) {
    Criterion criterion = criteria.apply(batch);
    if (chunks.isPresent()) {
      return cache.backward(
          criterion,
          (chunk, rows, last) -> last ? observed(chunk, batch, rows) : project(chunk),
          views,
          chunks.get().of(batch + 1),
          (projections, loss) -> guard.observe(step, batch, projections, loss, lr));
    }
    long[] all = LongStream.range(0, views.size(0)).toArray();
    Tensor projections = observed(views, batch, all);
    NtXent.Result result = criterion.of(projections);
    guard.observe(step, batch, projections, result.loss(), lr);
    result.loss().backward();
    criterion.computed(projections);
    return result;
  }

  /** Projects rows of the batch, which the probe gets to see. */
  private Tensor observed(Tensor views, long batch, long[] rows) {
    if (probe.isEmpty()) {
      return project(views);
    }
    try (var scope = TensorScope.open()) {
      Tensor h;
      Tensor z;
      try (var _ = autocast()) {
        h = model.encode(views);
        z = model.project(h);
      }
      probe.get().add(h, z, batch, rows);
      return scope.keep(z);
    }
  }

  private Tensor project(Tensor views) {
    try (var scope = TensorScope.open();
        var _ = autocast()) {
      return scope.keep(model.project(model.encode(views)));
    }
  }

  /** Opens bf16 autocast, or nothing: null is a resource that needs no closing. */
  private Guard autocast() {
    return backend.precision().bf16() ? Autocast.bf16(backend.device()) : null;
  }
}
