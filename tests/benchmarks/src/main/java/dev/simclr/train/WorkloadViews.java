package dev.simclr.train;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.ViewFormat;
import dev.simclr.augment.ViewKey;
import dev.simclr.benchmark.Workload;
import dev.simclr.compute.BatchLoader;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.Progress;
import dev.simclr.data.Split;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/** The views of a workload, made as a training run makes them. */
public final class WorkloadViews implements AutoCloseable {
  private final PretrainConfig config;
  private final boolean bf16;
  private final ImageDataset images;
  private final List<AugmentSampler> samplers;

  /** What was drawn for one view, and of which image it is. */
  public record Drawn(String image, AugmentParams params) {}

  /**
   * Opens the images, packing them first if need be.
   *
   * @param data the folder of all benchmark data
   * @param bf16 whether views are bfloat16; otherwise they are float32
   */
  public WorkloadViews(Workload workload, Path data, boolean bf16) {
    this.config = workload.config(data);
    this.bf16 = bf16;
    this.images = RunData.open(config.data(), Split.TRAIN, Progress.NONE);
    this.samplers = Augmentation.samplers(config);
  }

  /** The format of a view. */
  public ViewFormat format() {
    return Augmentation.format(config, bf16);
  }

  /** Images of a batch. */
  public int rows() {
    return config.train().batch();
  }

  /** Views of a batch, view 1 of all images first. */
  public int views() {
    return rows() * samplers.size();
  }

  /** Bytes of a batch. */
  public long bytes() {
    return views() * format().bytes();
  }

  /** Makes what fills batches, for one thread. */
  public BatchLoader.RowFiller filler() {
    return new ViewFiller(images, config.train(), samplers, Augmentation.augmenter(config, bf16));
  }

  /** Threads that fill a ring of buffers of {@link #bytes()} without end. */
  public BatchLoader load(List<MemorySegment> buffers, int threads) {
    return new BatchLoader(this::filler, buffers, rows(), 0, Long.MAX_VALUE, threads);
  }

  /** What is drawn for a view of the first epoch. */
  public Drawn drawn(long step, int view) {
    int index = ((ViewFiller) filler()).image(step, view);
    int number = view / rows();
    ViewKey key = new ViewKey(config.train().seed(), 0, step, index, number);
    return new Drawn(
        images.name(index),
        samplers.get(number).sample(key, images.height(index), images.width(index)));
  }

  @Override
  public void close() {
    images.close();
  }
}
