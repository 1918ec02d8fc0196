package dev.simclr.torch.internal;

import java.lang.foreign.MemorySegment;

/** An argument or a result of a boxed operator call, one record for each kind of sct_value. */
public sealed interface BoxedValue {

  /** The absence of a value. */
  record None() implements BoxedValue {}

  /** A tensor; as a result, a new handle, or NULL where the tensor is undefined. */
  record TensorHandle(MemorySegment handle) implements BoxedValue {}

  /** An integer. */
  record Int(long value) implements BoxedValue {}

  /** A floating-point number. */
  record Real(double value) implements BoxedValue {}

  /** A truth value. */
  record Bool(boolean value) implements BoxedValue {}

  /** A text. */
  record Text(String value) implements BoxedValue {}

  /** The SCT code of a dtype. */
  record DTypeCode(int code) implements BoxedValue {}

  /** The SCT code of a device kind, and its index. */
  record DeviceCode(int kind, int index) implements BoxedValue {}

  /** Tensors; where {@code optional}, a NULL handle means that one is absent. */
  record TensorHandles(MemorySegment[] handles, boolean optional) implements BoxedValue {}

  /** Integers. */
  record Ints(long[] values) implements BoxedValue {}

  /** Floating-point numbers. */
  record Reals(double[] values) implements BoxedValue {}

  /** Truth values. */
  record Bools(boolean[] values) implements BoxedValue {}
}
