package dev.simclr.benchmark;

import dev.simclr.data.BadImageException;
import dev.simclr.data.DecodeLimits;
import dev.simclr.data.RgbImage;
import dev.simclr.torch.DType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Decoding of whole JPEG files that are in memory, into uint8 RGB, on one thread. The peer is
 * tests/peers/jpeg.py, which reads the same files.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class JpegBenchmark {
  private static final int PERIOD = 251;

  /** Width and height of the images. */
  @Param({"32", "224"})
  public int size;

  private final List<byte[]> files = new ArrayList<>();
  private int next;

  /** Draws the files if they are not there, and reports a checksum of their pixels. */
  @Setup
  public void open() throws IOException, BadImageException {
    ImageFolder folder =
        switch (size) {
          case 32 -> ImageFolder.JPEG_32;
          case 224 -> ImageFolder.JPEG_224;
          default -> throw new IllegalArgumentException("size is " + size + "; allowed: 32, 224");
        };
    folder.write(BenchmarkData.folder(), 1);
    Path train = folder.folder(BenchmarkData.folder()).resolve("train");
    try (Stream<Path> paths = Files.list(train)) {
      // Names that begin with a dot are files that an interrupted run has left.
      for (Path path :
          paths.filter(p -> !p.getFileName().toString().startsWith(".")).sorted().toList()) {
        files.add(Files.readAllBytes(path));
      }
    }
    report();
  }

  /** The second sum differs where channels or pixels have changed places. */
  private void report() throws BadImageException {
    long sum = 0;
    long placed = 0;
    for (byte[] file : files) {
      RgbImage image = RgbImage.decode(file, DecodeLimits.defaults());
      byte[] pixels = image.pixels().toArray(ValueLayout.JAVA_BYTE);
      for (int i = 0; i < pixels.length; i++) {
        int value = Byte.toUnsignedInt(pixels[i]);
        sum += value;
        placed += (long) value * (i % PERIOD);
      }
    }
    Report.withoutTorch(DType.UINT8, 1)
        .result("sum of the pixels", sum)
        .result("sum of the pixels by place", placed)
        .write();
  }

  /** One file, the next each time. */
  @Benchmark
  public RgbImage decode() throws BadImageException {
    next = (next + 1) % files.size();
    return RgbImage.decode(files.get(next), DecodeLimits.defaults());
  }
}
