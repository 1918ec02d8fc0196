package dev.simclr.train;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Sees to it that no weights are saved after a loss that was not finite, and says which step and
 * which images that was.
 */
final class LossGuard implements AutoCloseable {

  /** When a loss is looked at. */
  enum Mode {
    /** Before its update. */
    IMMEDIATE,
    /** Before anything is reported or saved: on a GPU, looking would make every step wait. */
    DEFERRED;

    /** Returns what costs no time on a device. */
    static Mode of(Device device) {
      return device.equals(Device.CPU) ? IMMEDIATE : DEFERRED;
    }
  }

  /** Which images are in the rows of batches. */
  interface Images {
    /**
     * Returns indices and names of the images, each once.
     *
     * @param batch number of the batch, from 0
     * @param rows of the batch
     */
    SortedMap<Integer, String> of(long batch, int[] rows);
  }

  private static final int STEP = 0;
  private static final int BATCH = 1;
  private static final int LOSS = 2;
  private static final int LR = 3;

  private final Mode mode;
  private final Images images;

  /** Step, batch, loss and learning rate where a loss was not finite first; step 0: nowhere yet. */
  private final Tensor first;

  /** Ones for the rows of that batch whose projections are not finite. */
  private Optional<Tensor> badRows = Optional.empty();

  /**
   * Prepares to observe. Must be called inside a scope; the guard owns what it creates.
   *
   * @param device of the losses
   */
  LossGuard(Device device, Mode mode, Images images) {
    this.mode = mode;
    this.images = images;
    this.first = Tensor.zeros(DType.FLOAT64, device, 4).retain();
  }

  /** Prepares to observe losses without projections, whose images are not known. */
  LossGuard(Device device) {
    this(device, Mode.of(device), (_, _) -> new TreeMap<>());
  }

  /**
   * Notes a loss without projections.
   *
   * @param step the step, from 1
   * @param loss 0-dim
   * @throws NonFiniteLossException if the loss is not finite, in the immediate mode
   */
  void observe(long step, Tensor loss, double lr) {
    observe(step, 0, Optional.empty(), loss, lr);
  }

  /**
   * Notes the loss of a batch.
   *
   * @param step the step, from 1
   * @param batch number of the batch, from 0
   * @param projections {@code [R, D]}, with as many rows in every batch
   * @param loss 0-dim
   * @throws NonFiniteLossException if the loss is not finite, in the immediate mode
   */
  void observe(long step, long batch, Tensor projections, Tensor loss, double lr) {
    observe(step, batch, Optional.of(projections), loss, lr);
  }

  private void observe(
      long step, long batch, Optional<Tensor> projections, Tensor loss, double lr) {
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      if (mode == Mode.DEFERRED) {
        note(step, batch, projections, loss.detach(), lr);
        return;
      }
      double value = loss.item();
      if (!Double.isFinite(value)) {
        Optional<Tensor> bad = projections.map(p -> bad(p).to(DType.FLOAT32));
        throw new NonFiniteLossException(step, value, lr, images(batch, bad));
      }
    }
  }

  /** Keeps the first loss that is not finite, with operations that nobody waits for. */
  private void note(long step, long batch, Optional<Tensor> projections, Tensor loss, double lr) {
    Tensor fresh = first.select(0, STEP).eq(0).logicalAnd(loss.isfinite().logicalNot());
    projections.ifPresent(p -> {
      if (badRows.isEmpty()) {
        badRows = Optional.of(Tensor.zeros(DType.FLOAT32, p.device(), p.size(0)).retain());
      }
      badRows.get().maskedFill_(bad(p).logicalAnd(fresh), 1);
    });
    // A product with 0 would keep NaN.
    Tensor value = loss.to(DType.FLOAT64).maskedFill(fresh.logicalNot(), 0);
    first.select(0, LOSS).add_(value);
    first.select(0, BATCH).maskedFill_(fresh, batch);
    first.select(0, LR).maskedFill_(fresh, lr);
    first.select(0, STEP).maskedFill_(fresh, step);
  }

  /** BOOL, [R]: the rows that have infinity or NaN. */
  private static Tensor bad(Tensor projections) {
    // Such a row has no finite sum of squares; float64 does not overflow.
    Tensor squares = projections.detach().to(DType.FLOAT64).square().sum(false, 1);
    return squares.isfinite().logicalNot();
  }

  /**
   * Makes sure that all losses so far were finite.
   *
   * @throws NonFiniteLossException if one was not, about the first
   */
  void check() {
    if (mode == Mode.DEFERRED) {
      double[] found = first.toDoubleArray();
      if (found[STEP] != 0) {
        throw new NonFiniteLossException(
            (long) found[STEP], found[LOSS], found[LR], images((long) found[BATCH], badRows));
      }
    }
  }

  private SortedMap<Integer, String> images(long batch, Optional<Tensor> bad) {
    float[] flags = bad.map(Tensor::toFloatArray).orElse(new float[0]);
    return images.of(
        batch, IntStream.range(0, flags.length).filter(row -> flags[row] != 0).toArray());
  }

  @Override
  public void close() {
    first.close();
    badRows.ifPresent(Tensor::close);
  }
}
