package dev.simclr.train;

import dev.simclr.augment.AugmentSampler;
import dev.simclr.compute.BatchLoader;
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

/**
 * Measures {@link Meters}: in float32, on views of the images that the first epoch begins with.
 *
 * <p>They are made in batches of a size of their own, so that neither images nor views depend on
 * {@code train.batch}; the last batch may be a partial one.
 */
final class MeterPass {
  private static final int VIEWS = 2;

  /** Bytes that the views of a batch take at most, unless they are of one image. */
  private static final long VIEW_BYTES = 32L << 20;

  private final PretrainConfig config;
  private final Backend backend;
  private final ImageDataset images;
  private final int count;
  private final int batch;

  /**
   * Prepares to measure.
   *
   * @param images at least 2
   */
  MeterPass(PretrainConfig config, Backend backend, ImageDataset images) {
    this.config = config;
    this.backend = backend;
    this.images = images;
    this.count = Math.min(config.eval().meterImages(), images.size());
    int size = config.data().imageSize();
    long image = (long) VIEWS * 3 * size * size * Float.BYTES;
    int most = Math.min(config.eval().batch(), count);
    this.batch = Math.clamp(VIEW_BYTES / image, 1, most);
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
    List<AugmentSampler> samplers = Augmentation.samplers(config).subList(0, VIEWS);
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad();
        ViewLoader loader =
            new ViewLoader(
                () -> filler(samplers),
                batch,
                VIEWS,
                Augmentation.format(config),
                0,
                Math.ceilDiv(count, batch),
                backend.loaderThreads(),
                backend.device())) {
      long rows = VIEWS * (long) count;
      Tensor h = Tensor.zeros(DType.FLOAT32, backend.device(), rows, model.featureDim());
      Tensor z = Tensor.zeros(DType.FLOAT32, backend.device(), rows, model.head().outDim());
      for (int first = 0; first < count; first += batch) {
        int present = Math.min(batch, count - first);
        try (var _ = TensorScope.open();
            ViewSource.Views views = loader.next()) {
          for (int view = 0; view < VIEWS; view++) {
            Tensor one = views.tensor().narrow(0, (long) view * batch, present);
            long row = (long) view * count + first;
            Tensor features = model.encode(one);
            h.narrow(0, row, present).copyFrom(features);
            z.narrow(0, row, present).copyFrom(model.head().forward(features));
          }
        }
      }
      Tensor z1 = z.narrow(0, 0, count);
      return new Meters(
          step,
          epoch,
          UnitVectors.std(z),
          RankMe.of(z),
          RankMe.of(h),
          UnitVectors.alignment(z1, z.narrow(0, count, count)),
          UnitVectors.uniformity(z1),
          (System.nanoTime() - start) * 1e-9);
    }
  }

  /** Makes what fills batches, of which the last may have rows that stay as they are. */
  private BatchLoader.RowFiller filler(List<AugmentSampler> samplers) {
    // Batches that run on across epochs reach the last images of the first one, too.
    TrainConfig batches =
        config.train().toBuilder()
            .batch(batch)
            .chunk(0)
            .accumulate(1)
            .batching(TrainConfig.Batching.CONTINUOUS)
            .build();
    ViewFiller filler = new ViewFiller(images, batches, samplers, Augmentation.augmenter(config));
    return (number, firstRow, endRow, out) ->
        filler.fill(number, firstRow, Math.clamp(count - number * batch, firstRow, endRow), out);
  }
}
