package dev.simclr.benchmark;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.ViewKey;
import dev.simclr.train.Augmentation;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The share of a view that is drawing its parameters. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SamplerBenchmark {
  private static final int HEIGHT = 375;
  private static final int WIDTH = 500;

  /** See {@link Workload}. */
  @Param({"pixels-32", "pixels-224"})
  public String workload;

  private AugmentSampler sampler;
  private int sample;

  /** Makes the sampler. */
  @Setup
  public void open() {
    sampler =
        Augmentation.samplers(Workload.of(workload).config(BenchmarkData.folder())).getFirst();
  }

  /** The parameters of one view, each time of another image. */
  @Benchmark
  public AugmentParams sample() {
    return sampler.sample(new ViewKey(0, 0, 0, sample++ & Integer.MAX_VALUE, 0), HEIGHT, WIDTH);
  }
}
