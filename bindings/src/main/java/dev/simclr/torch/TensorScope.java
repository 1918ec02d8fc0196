package dev.simclr.torch;

import dev.simclr.torch.internal.NativeThread;
import dev.simclr.torch.internal.SctTensor;
import dev.simclr.torch.internal.SharedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Owns the tensors that its thread makes while it is the innermost open scope, and frees them all
 * when it closes.
 *
 * <pre>{@code
 * try (var scope = TensorScope.open()) {
 *   Tensor loss = model.forward(x).mean();
 *   loss.backward();
 *   total += loss.item();
 * } // everything but the parameters is gone
 * }</pre>
 *
 * <p>Scopes nest within a thread. A tensor outlives its scope if {@link #keep} hands it to the next
 * outer one or {@link Tensor#retain} takes it out of all scopes. There is no other way to free
 * tensors than these scopes and {@link Tensor#close}: the garbage collector never does. A scope and
 * its tensors belong to one platform thread.
 */
public final class TensorScope implements AutoCloseable {

  private static final ThreadLocal<TensorScope> INNERMOST = new ThreadLocal<>();
  private static final int INITIAL_CAPACITY = 16;

  private final Thread thread = Thread.currentThread();
  private final TensorScope outer;
  private Tensor[] tensors = new Tensor[INITIAL_CAPACITY];
  private int size;
  private Arena views;
  private boolean open = true;

  private TensorScope(TensorScope outer) {
    this.outer = outer;
  }

  /**
   * Opens a scope inside those that this thread has open.
   *
   * @throws IllegalStateException on a virtual thread
   * @throws TorchException of kind LIBRARY if the native library cannot be loaded
   */
  public static TensorScope open() {
    NativeThread.require();
    TensorScope scope = new TensorScope(INNERMOST.get());
    INNERMOST.set(scope);
    return scope;
  }

  /** Returns whether this thread has a scope open. */
  public static boolean isAnyOpen() {
    return INNERMOST.get() != null;
  }

  /**
   * Hands a tensor of this scope, or of one inside it, to the next outer scope. If there is none
   * the tensor is on its own from now on, and {@link Tensor#close} frees it. Tensors that outlive
   * this scope anyway stay where they are.
   *
   * @return the tensor
   * @throws IllegalStateException if the tensor or this scope is closed
   */
  public Tensor keep(Tensor tensor) {
    requireUsable();
    tensor.handle();
    for (TensorScope s = tensor.scope(); s != null; s = s.outer) {
      if (s == this) {
        tensor.scope().release(tensor);
        if (outer != null) {
          outer.add(tensor);
        }
        return tensor;
      }
    }
    return tensor;
  }

  /** Returns the number of tensors that this scope would free now. */
  public int size() {
    return size;
  }

  /**
   * Frees the tensors of this scope, in one native call, and of scopes inside it that are still
   * open. Closing again does nothing.
   *
   * @throws WrongThreadException on another thread than the one that opened it
   */
  @Override
  public void close() {
    requireThread();
    if (!open) {
      return;
    }
    int count = 0;
    for (TensorScope s = INNERMOST.get(); s != outer; s = s.outer) {
      count += s.size;
    }
    MemorySegment[] handles = new MemorySegment[count];
    int next = 0;
    for (TensorScope s = INNERMOST.get(); s != outer; s = s.outer) {
      next = s.surrender(handles, next);
    }
    if (outer == null) {
      INNERMOST.remove();
    } else {
      INNERMOST.set(outer);
    }
    if (count > 0) {
      SctTensor.free(handles);
    }
    SharedMemory.drain();
  }

  /** Closes the Java side of this scope and moves its handles into the array. */
  private int surrender(MemorySegment[] handles, int next) {
    int end = next;
    for (int i = 0; i < size; i++) {
      handles[end++] = tensors[i].surrender();
    }
    size = 0;
    tensors = null;
    open = false;
    if (views != null) {
      views.close();
    }
    return end;
  }

  /**
   * Returns the innermost open scope of this thread.
   *
   * @throws IllegalStateException if none is open
   */
  static TensorScope current() {
    TensorScope scope = INNERMOST.get();
    if (scope == null) {
      throw new IllegalStateException(
          "no TensorScope is open on this thread to own the result: use try (var scope ="
              + " TensorScope.open()) { ... }");
    }
    return scope;
  }

  /** Makes a tensor of a new handle; this scope owns it. */
  Tensor adopt(MemorySegment handle) {
    Tensor tensor = new Tensor(handle);
    add(tensor);
    return tensor;
  }

  /** Takes a tensor out, which nobody owns then. */
  void release(Tensor tensor) {
    int slot = tensor.slot();
    Tensor last = tensors[--size];
    tensors[slot] = last;
    last.place(this, slot);
    tensors[size] = null;
    tensor.place(null, -1);
  }

  private void add(Tensor tensor) {
    if (size == tensors.length) {
      tensors = Arrays.copyOf(tensors, 2 * size);
    }
    tensors[size] = tensor;
    tensor.place(this, size++);
  }

  /** Returns the lifetime of views into the memory of tensors, which ends before they are freed. */
  Arena views() {
    requireUsable();
    if (views == null) {
      views = Arena.ofConfined();
    }
    return views;
  }

  boolean isOpen() {
    return open;
  }

  void requireThread() {
    if (Thread.currentThread() != thread) {
      throw new WrongThreadException(
          "a TensorScope of "
              + thread
              + ", or a tensor in it, was used on "
              + Thread.currentThread());
    }
  }

  private void requireUsable() {
    requireThread();
    if (!open) {
      throw new IllegalStateException("the TensorScope is closed");
    }
  }
}
