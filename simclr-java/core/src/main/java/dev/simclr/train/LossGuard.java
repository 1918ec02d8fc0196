package dev.simclr.train;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.Tensor;
import java.util.List;
import java.util.function.Supplier;

/**
 * Sees to it that no weights are saved after a loss that was not finite.
 *
 * <p>On the CPU each loss is read before its update. On a GPU reading would make every step wait,
 * so losses are summed there: the sum stays infinite or NaN once a loss was, and is read before
 * anything is reported or saved.
 */
final class LossGuard implements AutoCloseable {
  private final boolean immediate;
  private final Tensor sum;
  private double lr;

  /** Must be called inside a scope; the guard owns what it creates. */
  LossGuard(Device device) {
    this.immediate = device.equals(Device.CPU);
    this.sum = Tensor.zeros(DType.FLOAT32).to(device).retain();
  }

  /**
   * Notes the loss of a step.
   *
   * @param step the step, from 1
   * @param culprits finds the names of the images to blame; asked only where the loss is known at
   *     once
   * @throws NonFiniteLossException if the loss is not finite and that is known at once
   */
  void observe(long step, Tensor loss, double lr, Supplier<List<String>> culprits) {
    this.lr = lr;
    if (immediate) {
      require(step, loss.item(), culprits);
    } else {
      sum.add_(loss.detach());
    }
  }

  /**
   * Makes sure that all losses up to a step were finite.
   *
   * @throws NonFiniteLossException if one was not
   */
  void check(long step) {
    if (!immediate) {
      require(step, sum.item(), List::of);
      sum.zero_();
    }
  }

  @Override
  public void close() {
    sum.close();
  }

  private void require(long step, double loss, Supplier<List<String>> culprits) {
    if (!Double.isFinite(loss)) {
      throw new NonFiniteLossException(step, loss, lr, culprits.get());
    }
  }
}
