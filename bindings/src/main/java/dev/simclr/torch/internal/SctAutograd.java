package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Calls of autograd.h. */
public final class SctAutograd {

  private SctAutograd() {}

  public static void setRequiresGrad(MemorySegment self, boolean requiresGrad) {
    CallFrame.open();
    Status.check(Sct.sct_set_requires_grad(self, requiresGrad));
  }

  /** {@code gradient} may be NULL for a tensor of one element. */
  public static void backward(MemorySegment self, MemorySegment gradient, boolean retainGraph) {
    CallFrame.open();
    Status.check(Sct.sct_backward(self, gradient, retainGraph));
  }

  public static Optional<MemorySegment> grad(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_grad(self, frame.out(0)));
    return optional(frame.handle(0));
  }

  /** NULL removes the gradient. */
  public static void setGrad(MemorySegment self, MemorySegment grad) {
    CallFrame.open();
    Status.check(Sct.sct_set_grad(self, grad));
  }

  /** An empty {@code gradOutputs} stands for ones. A gradient is NULL where there is none. */
  public static MemorySegment[] grad(
      MemorySegment[] outputs,
      MemorySegment[] inputs,
      MemorySegment[] gradOutputs,
      boolean retainGraph,
      boolean createGraph,
      boolean allowUnused) {
    CallFrame frame = CallFrame.open();
    MemorySegment grads = frame.pointers(inputs.length);
    Status.check(
        Sct.sct_autograd_grad(
            frame.handles(outputs),
            outputs.length,
            frame.handles(inputs),
            inputs.length,
            gradOutputs.length == 0 ? MemorySegment.NULL : frame.handles(gradOutputs),
            retainGraph,
            createGraph,
            allowUnused,
            grads));
    return SctTensor.handles(grads, inputs.length);
  }

  public static MemorySegment detach(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_detach(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment enterGradMode(boolean enabled) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_grad_mode_enter(enabled, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment enterInferenceMode() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_inference_mode_enter(frame.out(0)));
    return frame.handle(0);
  }

  public static boolean gradEnabled() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_grad_enabled(frame.out(0)));
    return frame.bool(0);
  }

  private static Optional<MemorySegment> optional(MemorySegment handle) {
    return handle.address() == 0 ? Optional.empty() : Optional.of(handle);
  }
}
