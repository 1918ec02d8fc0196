package dev.simclr.train;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.nio.file.Path;
import java.util.Map;

/**
 * Projections of the latest batches, further negatives of the next one (a queue as in MoCo, arXiv
 * 1911.05722, section 3.2, but of the network that is trained, without a momentum encoder). It is
 * empty when a run begins. Used by the thread that computes.
 */
final class NegativeQueue implements AutoCloseable {
  private static final String ROWS = "rows";

  private final int rowsPerBatch;
  // [Q, D] float32, a ring: row r of all that came is at r mod Q.
  private final Tensor rows;
  private long added;

  /**
   * Creates an empty queue.
   *
   * @param config with {@code loss.queue} above 0
   * @param dim D, width of the projections
   * @param device where projections are
   */
  NegativeQueue(PretrainConfig config, int dim, Device device) {
    this.rowsPerBatch = config.augment().views() * config.train().batch();
    try (var _ = TensorScope.open()) {
      this.rows = Tensor.zeros(DType.FLOAT32, device, config.loss().queue(), dim).retain();
    }
  }

  /**
   * Returns what is in the queue.
   *
   * @return {@code [q, D]}, owned by the innermost scope; changed by {@link #add}
   */
  Tensor rows(DType dtype) {
    return rows.narrow(0, 0, Math.min(added, rows.size(0))).to(dtype);
  }

  /**
   * Puts the projections of a batch in the place of the oldest.
   *
   * @param projections {@code [2N, D]} of which only the values are taken, the last ones if they
   *     are more than fit
   */
  void add(Tensor projections) {
    long size = rows.size(0);
    long count = projections.size(0);
    long kept = Math.min(count, size);
    long[] places = new long[Math.toIntExact(kept)];
    for (int i = 0; i < kept; i++) {
      places[i] = (added + count - kept + i) % size;
    }
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      rows.indexCopy_(
          0,
          Tensor.of(places, kept).to(rows.device()),
          projections.narrow(0, count - kept, kept).to(DType.FLOAT32));
    }
    added += count;
  }

  /** Returns all that a resumed run needs besides the step, by name. */
  Map<String, Tensor> state() {
    return Map.of(ROWS, rows);
  }

  /**
   * Goes on from what was saved.
   *
   * @param file all of {@link #state}
   * @param batches that were trained on at that time
   * @throws dev.simclr.checkpoint.CheckpointException if the file does not fit
   */
  void restore(Path file, long batches) {
    SimClrModel.load(file, state());
    added = batches * rowsPerBatch;
  }

  @Override
  public void close() {
    rows.close();
  }
}
