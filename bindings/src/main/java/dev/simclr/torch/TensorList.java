package dev.simclr.torch;

import dev.simclr.torch.internal.HandleArray;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Tensors that native code takes together, such as the parameters of a model: their handles are put
 * into native memory once, not for every step. The list owns nothing; its tensors must be open
 * whenever it is used, which is checked.
 */
public final class TensorList {

  private final List<Tensor> tensors;
  private final MemorySegment handles;

  private TensorList(List<Tensor> tensors) {
    this.tensors = tensors;
    handles = HandleArray.of(tensors.stream().map(Tensor::handle).toArray(MemorySegment[]::new));
  }

  /**
   * Returns a list of these tensors.
   *
   * @throws IllegalStateException if one is closed
   */
  public static TensorList of(List<Tensor> tensors) {
    return new TensorList(List.copyOf(tensors));
  }

  /** Returns the tensors; the list cannot be changed. */
  public List<Tensor> tensors() {
    return tensors;
  }

  /** Returns the number of tensors. */
  public int size() {
    return tensors.size();
  }

  /** Returns the native array, having seen that no handle in it has been freed. */
  MemorySegment handles() {
    for (Tensor tensor : tensors) {
      tensor.handle();
    }
    return handles;
  }

  /**
   * Returns the native array.
   *
   * @throws IllegalArgumentException unless the list is as long as that of the parameters
   */
  MemorySegment handlesFor(TensorList params, String name) {
    if (size() != params.size()) {
      throw new IllegalArgumentException(
          name
              + ": "
              + size()
              + " tensors, must be one for each of "
              + params.size()
              + " parameters");
    }
    return handles();
  }
}
