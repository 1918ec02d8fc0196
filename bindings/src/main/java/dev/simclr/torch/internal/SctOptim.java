package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import dev.simclr.torch.internal.ffm.sct_optim_group;
import java.lang.foreign.MemorySegment;

/** Calls of optim.h. Lists are native arrays of {@code count} handles. */
public final class SctOptim {

  public static final long GROUP_BYTES = sct_optim_group.sizeof();

  private SctOptim() {}

  /** Fills in group {@code index} of an array. */
  public static void writeGroup(
      MemorySegment groups, int index, long count, double weightDecay, boolean adapt) {
    MemorySegment group = sct_optim_group.asSlice(groups, index);
    sct_optim_group.count(group, count);
    sct_optim_group.weight_decay(group, weightDecay);
    sct_optim_group.adapt(group, adapt);
  }

  public static void sgdStep(
      MemorySegment params,
      MemorySegment momentumBuffers,
      long count,
      MemorySegment groups,
      long groupCount,
      MemorySegment lr,
      double momentum,
      boolean nesterov) {
    CallFrame.open();
    Status.check(
        Sct.sct_sgd_step(
            params, momentumBuffers, count, groups, groupCount, lr, momentum, nesterov));
  }

  public static void larsStep(
      MemorySegment params,
      MemorySegment velocity,
      long count,
      MemorySegment groups,
      long groupCount,
      MemorySegment lr,
      double momentum,
      double eeta,
      boolean nesterov) {
    CallFrame.open();
    Status.check(
        Sct.sct_lars_step(
            params, velocity, count, groups, groupCount, lr, momentum, eeta, nesterov));
  }

  public static void adamwStep(
      MemorySegment params,
      MemorySegment firstMoments,
      MemorySegment secondMoments,
      long count,
      MemorySegment groups,
      long groupCount,
      long step,
      MemorySegment lr,
      double beta1,
      double beta2,
      double eps) {
    CallFrame.open();
    Status.check(
        Sct.sct_adamw_step(
            params,
            firstMoments,
            secondMoments,
            count,
            groups,
            groupCount,
            step,
            lr,
            beta1,
            beta2,
            eps));
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
