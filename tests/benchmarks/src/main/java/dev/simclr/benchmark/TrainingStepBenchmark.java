package dev.simclr.benchmark;

import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.train.DataConfig;
import dev.simclr.train.ModelConfig;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.TrainConfig;
import dev.simclr.train.TrainingSteps;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A step of the recipe cifar10-slim: ResNet-18 with the CIFAR stem, two views of a batch of 32x32
 * images, forward, NT-Xent, backward, SGD. The peer is tests/peers/training_step.py.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class TrainingStepBenchmark {
  private static final int SIZE = 32;
  private static final int BATCHES = 4;

  /** Type of convolutions and matrix products. */
  @Param({"float32", "bfloat16"})
  public String dtype;

  /** Images of a step. */
  @Param({"256"})
  public int batch;

  /** Multiplier of all channel counts. */
  @Param({"0.25"})
  public double width;

  /** Whether the views are made too (BOTH), or there before (MODEL). */
  @Param({"MODEL", "BOTH"})
  public String part;

  /** Threads of operators, and as many of loaders. */
  @Param({"2"})
  public int threads;

  private ImageDataset images;
  private TrainingSteps steps;

  /** Draws images and sets up the network. */
  @Setup
  public void open() {
    Random random = new Random(0);
    MemoryDataset.Builder noise = MemoryDataset.builder(List.of());
    for (int i = 0; i < BATCHES * batch; i++) {
      byte[] pixels = new byte[SIZE * SIZE * RgbImage.CHANNELS];
      random.nextBytes(pixels);
      noise.add("noise-" + i, ImageDataset.UNLABELLED, RgbImage.of(SIZE, SIZE, pixels));
    }
    images = noise.build();
    PretrainConfig config =
        PretrainConfig.defaults()
            .with(DataConfig.builder().imageSize(SIZE).build())
            .with(
                ModelConfig.builder()
                    .width(width)
                    .stem(ModelConfig.StemKind.CIFAR)
                    .init(ModelConfig.Init.PYTORCH)
                    .build())
            .with(
                TrainConfig.builder()
                    .batch(batch)
                    .precision(
                        dtype.equals("bfloat16")
                            ? TrainConfig.Precision.BF16
                            : TrainConfig.Precision.FLOAT32)
                    .device(TrainConfig.DeviceChoice.CPU)
                    .threads(threads)
                    .loaderThreads(threads)
                    .build());
    steps = new TrainingSteps(config, images, TrainingSteps.Part.valueOf(part));
  }

  /** One step. */
  @Benchmark
  public void step() {
    steps.step();
  }

  /** Frees the network and the images. */
  @TearDown
  public void close() {
    steps.close();
    images.close();
  }
}
