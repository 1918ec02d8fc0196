package dev.simclr.benchmark;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a benchmark tells tests/benchmarks/compare.py beside its times: the conditions as they are
 * in its process (type, device, threads, TF32, libtorch), and results that a peer with equal inputs
 * must get too. JSON in the file that the system property {@value #PROPERTY} names; without it
 * nothing is written.
 */
public final class Report {
  /** Where the report goes. */
  public static final String PROPERTY = "simclr.benchmark.report";

  private static final int SIZE = 128;

  private final Map<String, Object> facts = new LinkedHashMap<>();
  private final Map<String, Double> results = new LinkedHashMap<>();

  private Report(DType dtype, Device device, int threads) {
    facts.put("dtype", dtype.name().toLowerCase(Locale.ROOT));
    facts.put("device", BenchmarkDevice.name(device));
    facts.put("threads", threads);
  }

  /**
   * A benchmark without operators of libtorch.
   *
   * @param dtype of what it makes
   * @param threads that work
   */
  public static Report withoutTorch(DType dtype, int threads) {
    return new Report(dtype, Device.CPU, threads);
  }

  /**
   * A benchmark of libtorch's operators. Called by the thread that is measured, whose number of
   * threads it reads.
   *
   * @param dtype of the tensors that it computes with
   * @param device of these tensors
   */
  public static Report ofTorch(DType dtype, Device device) {
    Report report = new Report(dtype, device, Torch.numThreads());
    report.facts.put("tf32", exactProducts(device) ? "off" : "on");
    report.facts.put("libtorch", Torch.version());
    return report;
  }

  /** Adds a result that a peer must get too. */
  public Report result(String name, double value) {
    results.put(name, value);
    return this;
  }

  /** Writes the report. */
  public void write() {
    String file = System.getProperty(PROPERTY);
    if (file == null) {
      return;
    }
    try {
      Files.writeString(
          Path.of(file),
          JsonMapper.shared().writeValueAsString(Map.of("facts", facts, "results", results)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a product of float32 matrices keeps a bit that TF32 and bfloat16 have no room for. */
  private static boolean exactProducts(Device device) {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.full(1 + 0x1p-12, DType.FLOAT32, device, SIZE, SIZE);
      return a.mm(Tensor.eye(SIZE, DType.FLOAT32).to(device)).sub(a).abs().max().item() == 0;
    }
  }
}
