package dev.simclr.train;

import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;

/** Puts the running statistics of batch norm back to what they were when this was made. */
final class RunningStatistics implements AutoCloseable {
  private final List<Tensor> buffers;
  private final List<Tensor> before = new ArrayList<>();

  /**
   * Copies tensors; the copies belong to the innermost scope.
   *
   * @param buffers the tensors, which must live until this is closed
   */
  RunningStatistics(List<Tensor> buffers) {
    this.buffers = List.copyOf(buffers);
    buffers.forEach(tensor -> before.add(tensor.copy()));
  }

  @Override
  public void close() {
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      for (int i = 0; i < before.size(); i++) {
        buffers.get(i).copy_(before.get(i));
      }
    }
  }
}
