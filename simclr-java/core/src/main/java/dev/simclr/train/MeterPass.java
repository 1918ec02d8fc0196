package dev.simclr.train;

import dev.simclr.augment.AugmentSampler;
import dev.simclr.compute.ViewLoader;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.eval.RankMe;
import dev.simclr.eval.UnitVectors;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;

/** Measures {@link Meters}: in float32, on the views of the run's first steps. */
final class MeterPass {
  private static final int VIEWS = 2;

  private final PretrainConfig config;
  private final Backend backend;
  private final ImageDataset images;
  private final int batch;
  private final int steps;

  MeterPass(PretrainConfig config, Backend backend, ImageDataset images) {
    this.config = config;
    this.backend = backend;
    this.images = images;
    this.batch = config.train().batch();
    this.steps = Math.clamp(config.eval().meterImages() / batch, 1, images.size() / batch);
  }

  /**
   * Measures.
   *
   * @param model in evaluation mode
   * @param step finished steps
   * @param epoch finished epochs
   */
  Meters measure(SimClrModel model, long step, int epoch) {
    long start = System.nanoTime();
    // The same images whatever is accumulated.
    TrainConfig batches = config.train().toBuilder().accumulate(1).build();
    List<AugmentSampler> samplers = Augmentation.samplers(config).subList(0, VIEWS);
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad();
        ViewLoader loader =
            new ViewLoader(
                () -> new ViewFiller(images, batches, samplers, Augmentation.augmenter(config)),
                batch,
                VIEWS,
                Augmentation.format(config),
                0,
                steps,
                backend.loaderThreads(),
                backend.device())) {
      long rows = (long) steps * batch;
      Tensor h = Tensor.zeros(DType.FLOAT32, backend.device(), VIEWS * rows, model.featureDim());
      Tensor z = Tensor.zeros(DType.FLOAT32, backend.device(), VIEWS * rows, model.head().outDim());
      for (int i = 0; i < steps; i++) {
        try (var _ = TensorScope.open();
            ViewSource.Views views = loader.next()) {
          for (int view = 0; view < VIEWS; view++) {
            Tensor one = views.tensor().narrow(0, (long) view * batch, batch);
            forward(model, one, h, z, view * rows + (long) i * batch);
          }
        }
      }
      Tensor z1 = z.narrow(0, 0, rows);
      return new Meters(
          step,
          epoch,
          UnitVectors.std(z),
          RankMe.of(z),
          RankMe.of(h),
          UnitVectors.alignment(z1, z.narrow(0, rows, rows)),
          UnitVectors.uniformity(z1),
          (System.nanoTime() - start) * 1e-9);
    }
  }

  /** Fills rows of h and z from {@code first} on, no more than {@code eval.batch} at a time. */
  private void forward(SimClrModel model, Tensor views, Tensor h, Tensor z, long first) {
    for (long done = 0; done < batch; done += config.eval().batch()) {
      try (var _ = TensorScope.open()) {
        long count = Math.min(config.eval().batch(), batch - done);
        Tensor features = model.encode(views.narrow(0, done, count));
        h.narrow(0, first + done, count).copyFrom(features);
        z.narrow(0, first + done, count).copyFrom(model.head().forward(features));
      }
    }
  }
}
