package dev.simclr.benchmark;

import dev.simclr.data.BadImagePolicy;
import dev.simclr.data.Datasets;
import dev.simclr.data.GeneratedSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.PackOptions;
import dev.simclr.data.Progress;
import dev.simclr.data.Split;
import dev.simclr.train.AugmentSettings;
import dev.simclr.train.DataConfig;
import dev.simclr.train.ModelConfig;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.StepCheck;
import dev.simclr.train.TrainConfig;
import dev.simclr.train.TrainingSteps;
import java.util.Map;
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
 * A step of the recipe cifar10-slim: ResNet-18 with the CIFAR stem, two views of a batch of images,
 * forward, NT-Xent, backward, SGD. Images are in a mapped pack, as in training runs. The peer is
 * tests/peers/training_step.py.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class TrainingStepBenchmark {
  /** Type of convolutions and matrix products. */
  @Param({"float32", "bfloat16"})
  public String dtype;

  /** Images of a step. */
  @Param({"256"})
  public int batch;

  /** Width and height of images. */
  @Param({"32"})
  public int size;

  /** Images of the data set. */
  @Param({"1024"})
  public int images;

  /** Multiplier of all channel counts. */
  @Param({"0.25"})
  public double width;

  /** Whether the views are made too (BOTH), or there before (MODEL), or nothing else (DATA). */
  @Param({"MODEL", "BOTH"})
  public String part;

  /** Threads of operators, and as many of loaders. */
  @Param({"2"})
  public int threads;

  /**
   * What computes, {@code cpu} or {@code cuda}; a GPU also makes the views, of images in its
   * memory.
   */
  @Param({"cpu"})
  public String device;

  private BenchmarkDevice place;
  private ImageDataset noise;
  private TrainingSteps steps;

  /** Reports what steps on inputs of a formula give, draws images and sets up the network. */
  @Setup
  public void open() {
    place = BenchmarkDevice.of(device);
    noise =
        Datasets.open(
            GeneratedSource.of("noise", Map.of(Split.TRAIN, new Noise(images, size))),
            Split.TRAIN,
            BenchmarkData.folder().resolve("packs"),
            BadImagePolicy.FAIL,
            PackOptions.defaults(),
            Progress.NONE);
    PretrainConfig config =
        PretrainConfig.defaults()
            .with(DataConfig.builder().imageSize(size).build())
            .with(AugmentSettings.builder().device(views()).build())
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
                    .device(computes())
                    .threads(threads)
                    .loaderThreads(threads)
                    .build());
    StepCheck.report(config);
    steps = new TrainingSteps(config, noise, TrainingSteps.Part.valueOf(part));
  }

  private TrainConfig.DeviceChoice computes() {
    return place.device().isCuda() ? TrainConfig.DeviceChoice.CUDA : TrainConfig.DeviceChoice.CPU;
  }

  private AugmentSettings.ViewDevice views() {
    return place.device().isCuda()
        ? AugmentSettings.ViewDevice.CUDA
        : AugmentSettings.ViewDevice.CPU;
  }

  /** One step. */
  @Benchmark
  public void step() {
    steps.step();
    place.synchronize();
  }

  /** Frees the network and the images. */
  @TearDown
  public void close() {
    steps.close();
    noise.close();
  }
}
