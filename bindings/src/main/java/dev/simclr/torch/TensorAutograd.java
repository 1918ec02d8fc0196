package dev.simclr.torch;

import dev.simclr.torch.internal.SctAutograd;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Gradients of {@link Tensor}. */
public sealed interface TensorAutograd permits Tensor {

  /** Makes this leaf of floating-point dtype collect gradients, or not; returns this tensor. */
  default Tensor requiresGrad(boolean requiresGrad) {
    SctAutograd.setRequiresGrad(handle(), requiresGrad);
    return (Tensor) this;
  }

  /** Adds the gradients of this tensor, of one element, to every leaf behind it. */
  default void backward() {
    backward(false);
  }

  /**
   * Adds the gradients of this tensor, of one element, to every leaf behind it.
   *
   * @param retainGraph whether the recorded graph can be used again
   */
  default void backward(boolean retainGraph) {
    SctAutograd.backward(handle(), MemorySegment.NULL, retainGraph);
  }

  /**
   * Adds the gradients of the inner product of this tensor and {@code gradient} to every leaf
   * behind it.
   *
   * @param gradient of the shape of this tensor
   */
  default void backward(Tensor gradient) {
    SctAutograd.backward(handle(), gradient.handle(), false);
  }

  /** Returns the gradient collected so far; changing it in place changes what is collected. */
  default Optional<Tensor> grad() {
    TensorScope scope = TensorScope.current();
    return SctAutograd.grad(handle()).map(scope::adopt);
  }

  /** Sets the gradient, of the shape, dtype and device of this tensor. */
  default void setGrad(Tensor grad) {
    SctAutograd.setGrad(handle(), grad.handle());
  }

  /** Removes the gradient. */
  default void zeroGrad() {
    SctAutograd.setGrad(handle(), MemorySegment.NULL);
  }

  /** Returns the same storage outside the recorded graph. */
  default Tensor detach() {
    return TensorScope.current().adopt(SctAutograd.detach(handle()));
  }

  private MemorySegment handle() {
    return ((Tensor) this).handle();
  }
}
