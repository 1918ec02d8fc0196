package dev.simclr.benchmark;

import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * What it costs to hand memory to libtorch, which takes it as it is, and what a copy would cost.
 * The peer is tests/peers/copies.py.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CopiesBenchmark {
  private static final long FLOATS = 64L << 20;
  private static final long IMAGES = 256;
  private static final long BATCHES = 16;
  private static final long IMAGE = 32 * 32 * 3;

  private MemorySegment floats;
  private MemorySegment file;
  private long batch;

  /** Makes the memory, and checks that a tensor sees it. */
  @Setup
  public void open(BenchmarkParams params) throws IOException {
    Torch.setNumThreads(1);
    Arena arena = Arena.ofAuto();
    floats = arena.allocate(FLOATS * Float.BYTES);
    floats.fill((byte) 0x3f);
    Path path = Files.createTempFile("simclr-copies", ".bin");
    try (FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) {
      file = channel.map(MapMode.READ_WRITE, 0, BATCHES * IMAGES * IMAGE, arena);
    }
    file.fill((byte) 7);
    try (var _ = TensorScope.open()) {
      Tensor images = Tensor.wrap(next(), DType.UINT8, IMAGES, 32, 32, 3);
      if (images.to(DType.FLOAT32).mean().item() != 7) {
        throw new IllegalStateException("the tensor is not the mapped memory");
      }
      boolean bytes = params.getBenchmark().endsWith(".mapped");
      Tensor timed = bytes ? images : Tensor.wrap(floats, DType.FLOAT32, FLOATS);
      Report.ofTorch(timed.dtype(), timed.device()).write();
    }
  }

  private MemorySegment next() {
    long from = batch++ % BATCHES * IMAGES * IMAGE;
    return file.asSlice(from, IMAGES * IMAGE);
  }

  /** A segment of 256 MiB as a tensor, freed. */
  @Benchmark
  public void wrap() {
    try (var _ = TensorScope.open()) {
      Tensor.wrap(floats, DType.FLOAT32, FLOATS);
    }
  }

  /** 256 images of a mapped file as a tensor, freed; the next ones each time. */
  @Benchmark
  public void mapped() {
    try (var _ = TensorScope.open()) {
      Tensor.wrap(next(), DType.UINT8, IMAGES, 32, 32, 3);
    }
  }

  /** A segment of 256 MiB copied into a tensor, freed. */
  @Benchmark
  public void copy() {
    try (var _ = TensorScope.open()) {
      Tensor.empty(DType.FLOAT32, FLOATS).copy_(Tensor.wrap(floats, DType.FLOAT32, FLOATS));
    }
  }
}
