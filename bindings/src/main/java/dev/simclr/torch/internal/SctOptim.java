package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of optim.h. Lists are native arrays of {@code count} handles. */
public final class SctOptim {

  private SctOptim() {}

  public static void sgdStep(
      MemorySegment params,
      MemorySegment momentumBuffers,
      long count,
      double lr,
      double momentum,
      double weightDecay,
      boolean nesterov) {
    CallFrame.open();
    Status.check(
        Sct.sct_sgd_step(params, momentumBuffers, count, lr, momentum, weightDecay, nesterov));
  }

  public static void larsStep(
      MemorySegment params,
      MemorySegment velocity,
      long count,
      double lr,
      double momentum,
      double weightDecay,
      double eeta,
      boolean adapt,
      boolean nesterov) {
    CallFrame.open();
    Status.check(
        Sct.sct_lars_step(
            params, velocity, count, lr, momentum, weightDecay, eeta, adapt, nesterov));
  }

  public static void adamwStep(
      MemorySegment params,
      MemorySegment firstMoments,
      MemorySegment secondMoments,
      long count,
      long step,
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay) {
    CallFrame.open();
    Status.check(
        Sct.sct_adamw_step(
            params, firstMoments, secondMoments, count, step, lr, beta1, beta2, eps, weightDecay));
  }

  public static void zeroGrad(MemorySegment params, long count) {
    CallFrame.open();
    Status.check(Sct.sct_zero_grad(params, count));
  }

  public static double gradNorm(MemorySegment params, long count) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_grad_norm(params, count, frame.out(0)));
    return frame.float64(0);
  }

  public static void emaUpdate(
      MemorySegment averages, MemorySegment params, long count, double decay) {
    CallFrame.open();
    Status.check(Sct.sct_ema_update(averages, params, count, decay));
  }
}
