package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of batch_norm.h. */
public final class SctBatchNorm {

  private SctBatchNorm() {}

  public static MemorySegment batchNorm(
      MemorySegment input,
      MemorySegment weight,
      MemorySegment bias,
      MemorySegment runningMean,
      MemorySegment runningVar,
      boolean training,
      double momentum,
      double eps) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_batch_norm(
            input, weight, bias, runningMean, runningVar, training, momentum, eps, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment batchNormRelu(
      MemorySegment input,
      MemorySegment shortcut,
      MemorySegment weight,
      MemorySegment bias,
      MemorySegment runningMean,
      MemorySegment runningVar,
      boolean training,
      double momentum,
      double eps) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_batch_norm_relu(
            input,
            shortcut,
            weight,
            bias,
            runningMean,
            runningVar,
            training,
            momentum,
            eps,
            frame.out(0)));
    return frame.handle(0);
  }
}
