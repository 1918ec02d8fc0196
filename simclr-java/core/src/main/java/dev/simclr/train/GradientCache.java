package dev.simclr.train;

import dev.simclr.loss.NtXent;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The gradient of a loss of a whole batch, with the activations of one chunk at a time (Gao et al.
 * 2021, arXiv 2101.06983, section 3): encode all chunks without graph, compute the loss and its
 * gradient with respect to all projections, then encode each chunk again and propagate its part.
 *
 * <p>The gradient is that of encoding chunk by chunk and keeping the graph of all. With batch norm,
 * statistics are those of a chunk, as they are those of a device in data-parallel training; running
 * statistics are updated by the second pass alone, so once for each chunk.
 */
final class GradientCache {
  private final List<Tensor> buffers;

  /** What is trained. */
  interface Network {
    /**
     * Encodes and projects a chunk.
     *
     * @param views {@code [n, 3, H, W]}
     * @param rows of the batch, n numbers
     * @param last whether it is the pass with the graph, after which the chunk does not come again
     * @return projections, {@code [n, D]}, owned by the innermost scope
     */
    Tensor project(Tensor views, long[] rows, boolean last);
  }

  /**
   * Prepares to compute gradients.
   *
   * @param buffers what networks change when they compute
   */
  GradientCache(List<Tensor> buffers) {
    this.buffers = buffers;
  }

  /**
   * Adds the gradient of the loss to every parameter.
   *
   * @param criterion loss of the projections of all views
   * @param network the same views give the same projections
   * @param views {@code [VN, 3, H, W]}
   * @param chunks rows that are encoded together; every row is in one
   * @param seen gets projections and loss before any gradient is computed, and may throw
   * @return the loss and its companions, owned by the innermost scope
   */
  NtXent.Result backward(
      Criterion criterion,
      Network network,
      Tensor views,
      List<long[]> chunks,
      BiConsumer<Tensor, Tensor> seen) {
    Tensor projections = project(network, views, chunks).requiresGrad(true);
    NtXent.Result result = criterion.of(projections);
    seen.accept(projections, result.loss());
    result.loss().backward();
    criterion.computed(projections);
    Tensor gradient = projections.grad().orElseThrow();
    for (long[] chunk : chunks) {
      try (var _ = TensorScope.open()) {
        Tensor rows = index(chunk, views.device());
        Tensor part = network.project(pick(views, rows), chunk, true);
        part.backward(gradient.indexSelect(0, rows).to(part.dtype()));
      }
    }
    return result;
  }

  /** Returns all projections in float32 (float64 of a float64 network), without graph. */
  private Tensor project(Network network, Tensor views, List<long[]> chunks) {
    try (var scope = TensorScope.open();
        var _ = GradMode.noGrad();
        var _ = new RunningStatistics(buffers)) {
      Tensor all = null;
      for (long[] chunk : chunks) {
        try (var inner = TensorScope.open()) {
          Tensor rows = index(chunk, views.device());
          Tensor part = network.project(pick(views, rows), chunk, false);
          if (all == null) {
            DType dtype = part.dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
            all = inner.keep(Tensor.zeros(dtype, views.device(), views.size(0), part.size(1)));
          }
          all.indexCopy_(0, rows, part.to(all.dtype()));
        }
      }
      return scope.keep(all);
    }
  }

  private static Tensor pick(Tensor views, Tensor rows) {
    Tensor picked = views.indexSelect(0, rows);
    return views.dim() == 4 ? picked.contiguous(MemoryFormat.CHANNELS_LAST) : picked;
  }

  private static Tensor index(long[] rows, Device device) {
    return Tensor.of(rows, rows.length).to(device);
  }
}
