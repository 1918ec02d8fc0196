package dev.simclr.benchmark;

import dev.simclr.compute.BatchLoader;
import dev.simclr.torch.NativeBuffer;
import dev.simclr.train.WorkloadViews;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How many views a second loader threads make: parameters drawn, read from a mapped pack, written
 * into the memory of the batch. The measured thread only takes the batches and gives them back.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ViewsBenchmark {
  private static final int BUFFERS = 3;

  /** See {@link Workload}. */
  @Param({"pixels-32", "pixels-224", "jpeg-1-view", "jpeg-2-views"})
  public String workload;

  /** Loader threads. */
  @Param({"1", "2"})
  public int threads;

  /** Type of the views. */
  @Param({"float32", "bfloat16"})
  public String dtype;

  private WorkloadViews views;
  private List<NativeBuffer> buffers;
  private BatchLoader loader;

  /** Counts views, so that the result is in views instead of batches. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Counter {
    /** Views made. */
    public long views;
  }

  /** Opens the images and allocates the batches. */
  @Setup
  public void open() {
    boolean bf16 =
        switch (dtype) {
          case "float32" -> false;
          case "bfloat16" -> true;
          default -> throw new IllegalArgumentException("dtype is " + dtype);
        };
    views = new WorkloadViews(Workload.of(workload), BenchmarkData.folder(), bf16);
    buffers = Stream.generate(() -> NativeBuffer.allocate(views.bytes())).limit(BUFFERS).toList();
  }

  /** Starts with an empty ring, so that no batch was made before the clock runs. */
  @Setup(Level.Iteration)
  public void start() {
    loader = views.load(buffers.stream().map(NativeBuffer::segment).toList(), threads);
    Report.withoutTorch(views.format().dtype(), loaderThreads()).write();
  }

  private static int loaderThreads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(t -> t.getName().startsWith("simclr-loader-"))
            .count();
  }

  /** One batch. */
  @Benchmark
  public long batch(Counter counter) {
    try (BatchLoader.Batch batch = loader.next()) {
      counter.views += views.views();
      return batch.step();
    }
  }

  /** Stops the threads. */
  @TearDown(Level.Iteration)
  public void stop() {
    loader.close();
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    buffers.forEach(NativeBuffer::close);
    views.close();
  }
}
