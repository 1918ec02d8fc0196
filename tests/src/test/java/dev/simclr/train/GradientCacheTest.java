package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.loss.NtXent;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
final class GradientCacheTest {
  private static final Criterion LOSS = new NtXent(0.2)::forward;

  private static Tensor pseudoRandom(int count, long... shape) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = Math.sin(12.9898 * (i + 1)) * 2;
    }
    return Tensor.of(values, shape).to(DType.FLOAT32);
  }

  private static List<long[]> chunks(int images, int chunk, TrainConfig.ChunkBn bn) {
    return new Chunks(TrainConfig.builder().batch(images).chunk(chunk).chunkBn(bn).build(), 2)
        .of(1);
  }

  private static void assertClose(String name, double[] expected, double[] actual) {
    double largest = 0;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertTrue(largest > 0, name);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], 1e-5 * largest, name + "[" + i + "]");
    }
  }

  /** A network that treats rows alone: the gradient is that of the whole batch at once. */
  @Test
  void withoutBatchNormItIsThePlainGradient() {
    try (var _ = TensorScope.open()) {
      Tensor views = pseudoRandom(24 * 10, 24, 10);
      Tensor first = pseudoRandom(16 * 10, 16, 10).requiresGrad(true);
      Tensor second = pseudoRandom(7 * 16, 7, 16).mul(0.3).detach().requiresGrad(true);
      for (var bn : TrainConfig.ChunkBn.values()) {
        NtXent.Result plain = LOSS.of(network(views, first, second));
        plain.loss().backward();
        double[][] expected = {gradient(first), gradient(second)};
        first.zeroGrad();
        second.zeroGrad();
        List<Double> seen = new ArrayList<>();
        NtXent.Result cached =
            new GradientCache(List.of())
                .backward(
                    LOSS,
                    (x, rows, last) -> network(x, first, second),
                    views,
                    chunks(12, 3, bn),
                    (projections, loss) -> seen.add(loss.item()));
        assertEquals(plain.loss().item(), cached.loss().item(), 1e-6);
        assertEquals(plain.accuracy().item(), cached.accuracy().item());
        assertEquals(List.of(cached.loss().item()), seen);
        assertClose("first", expected[0], gradient(first));
        assertClose("second", expected[1], gradient(second));
        first.zeroGrad();
        second.zeroGrad();
      }
    }
  }

  private static Tensor network(Tensor x, Tensor first, Tensor second) {
    Tensor hidden = Nn.linear(x, first, Optional.empty()).relu();
    return Nn.linear(hidden, second, Optional.empty());
  }

  private static double[] gradient(Tensor parameter) {
    return parameter.grad().orElseThrow().toDoubleArray();
  }

  /** Batch norm per chunk: the gradient of encoding chunk by chunk with the graph of all kept. */
  @Test
  void withBatchNormItIsTheGradientOfChunksWithTheirGraph() {
    try (var _ = TensorScope.open();
        SimClrModel model = SimClrModel.create(TinyRuns.config(), Device.CPU)) {
      model.train(true);
      Map<String, Tensor> buffers = new LinkedHashMap<>();
      model.encoder().namedBuffers().forEach((name, t) -> buffers.put("encoder." + name, t));
      model.head().namedBuffers().forEach((name, t) -> buffers.put("head." + name, t));
      Tensor views =
          pseudoRandom(16 * 3 * 256, 16, 3, 16, 16).contiguous(MemoryFormat.CHANNELS_LAST);
      for (var bn : TrainConfig.ChunkBn.values()) {
        List<long[]> chunks = chunks(8, 4, bn);
        Map<String, double[]> before = values(buffers);
        double loss = withGraph(model, views, chunks);
        Map<String, double[]> expected = gradients(model);
        Map<String, double[]> statistics = values(buffers);
        restore(buffers, before);

        NtXent.Result cached =
            new GradientCache(List.copyOf(buffers.values()))
                .backward(
                    LOSS,
                    (x, rows, last) -> model.project(model.encode(x)),
                    views,
                    chunks,
                    (_, _) -> {});
        assertEquals(loss, cached.loss().item(), 1e-6);
        Map<String, double[]> found = gradients(model);
        assertEquals(expected.keySet(), found.keySet());
        found.forEach((name, g) -> assertClose(bn + name, expected.get(name), g));
        values(buffers).forEach((name, v) -> assertClose(bn + name, statistics.get(name), v));
        assertEquals(
            chunks.size() + before.get("encoder.bn1.num_batches_tracked")[0],
            values(buffers).get("encoder.bn1.num_batches_tracked")[0]);
        model.parameters().forEach(p -> p.tensor().zeroGrad());
      }
    }
  }

  private static double withGraph(SimClrModel model, Tensor views, List<long[]> chunks) {
    List<Tensor> parts = new ArrayList<>();
    long[] place = new long[Math.toIntExact(views.size(0))];
    int next = 0;
    for (long[] chunk : chunks) {
      Tensor rows = views.indexSelect(0, Tensor.of(chunk, chunk.length));
      parts.add(model.project(model.encode(rows.contiguous(MemoryFormat.CHANNELS_LAST))));
      for (long row : chunk) {
        place[Math.toIntExact(row)] = next++;
      }
    }
    Tensor all = Tensor.cat(parts, 0).indexSelect(0, Tensor.of(place, place.length));
    Tensor loss = LOSS.of(all).loss();
    loss.backward();
    return loss.item();
  }

  /** Gradients that are not zero, of all parameters; they are gone afterwards. */
  private static Map<String, double[]> gradients(SimClrModel model) {
    Map<String, double[]> all = new LinkedHashMap<>();
    model
        .parameters()
        .forEach(p -> {
          double[] g = gradient(p.tensor());
          // Scales of zero leave some branches without gradient.
          boolean some = false;
          for (double value : g) {
            some |= value != 0;
          }
          if (some) {
            all.put(p.name(), g);
          }
          p.tensor().zeroGrad();
        });
    assertTrue(all.size() > 10);
    return all;
  }

  private static Map<String, double[]> values(Map<String, Tensor> tensors) {
    Map<String, double[]> all = new LinkedHashMap<>();
    tensors.forEach((name, t) -> all.put(name, t.to(DType.FLOAT64).toDoubleArray()));
    return all;
  }

  private static void restore(Map<String, Tensor> tensors, Map<String, double[]> values) {
    tensors.forEach((name, t) -> t.copy_(Tensor.of(values.get(name), t.shape()).to(t.dtype())));
  }

  @Test
  void aLossThatIsRefusedLeavesNoGradient() {
    try (var _ = TensorScope.open()) {
      Tensor views = pseudoRandom(8 * 4, 8, 4);
      Tensor weight = pseudoRandom(3 * 4, 3, 4).requiresGrad(true);
      var cache = new GradientCache(List.of());
      assertThrows(
          IllegalStateException.class,
          () ->
              cache.backward(
                  LOSS,
                  (x, rows, last) -> Nn.linear(x, weight, Optional.empty()),
                  views,
                  chunks(4, 2, TrainConfig.ChunkBn.LOCAL),
                  (projections, loss) -> {
                    throw new IllegalStateException("refused");
                  }));
      assertTrue(weight.grad().isEmpty());
    }
  }
}
