package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import dev.simclr.torch.internal.ffm.sct_value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Calls of op.h. */
public final class SctOp {

  private SctOp() {}

  /** Kinds of sct_value; a class of its own, which is there once the library is loaded. */
  private static final class Kind {
    static final int NONE = Sct.SCT_VALUE_NONE();
    static final int TENSOR = Sct.SCT_VALUE_TENSOR();
    static final int INT = Sct.SCT_VALUE_INT();
    static final int DOUBLE = Sct.SCT_VALUE_DOUBLE();
    static final int BOOL = Sct.SCT_VALUE_BOOL();
    static final int STRING = Sct.SCT_VALUE_STRING();
    static final int DTYPE = Sct.SCT_VALUE_DTYPE();
    static final int DEVICE = Sct.SCT_VALUE_DEVICE();
    static final int TENSOR_LIST = Sct.SCT_VALUE_TENSOR_LIST();
    static final int OPTIONAL_TENSOR_LIST = Sct.SCT_VALUE_OPTIONAL_TENSOR_LIST();
    static final int INT_LIST = Sct.SCT_VALUE_INT_LIST();
    static final int DOUBLE_LIST = Sct.SCT_VALUE_DOUBLE_LIST();
    static final int BOOL_LIST = Sct.SCT_VALUE_BOOL_LIST();

    private Kind() {}
  }

  public static MemorySegment find(String name, String overload) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_op_find(frame.string(name), frame.string(overload), frame.out(0)));
    return frame.handle(0);
  }

  public static String schema(MemorySegment op) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_op_schema(op, frame.out(0)));
    return frame.text(0);
  }

  private static long resultCount(MemorySegment op) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_op_result_count(op, frame.out(0)));
    return frame.int64(0);
  }

  /**
   * Calls an operator.
   *
   * @param positional the first arguments, in the schema's order
   * @param names names of the other arguments
   * @param named the other arguments, in the order of {@code names}
   */
  public static List<BoxedValue> call(
      MemorySegment op, List<BoxedValue> positional, List<String> names, List<BoxedValue> named) {
    long capacity = resultCount(op);
    CallFrame frame = CallFrame.open();
    try (Arena arena = Arena.ofConfined()) {
      int count = positional.size() + named.size();
      MemorySegment arguments = sct_value.allocateArray(count, arena);
      MemorySegment argumentNames = arena.allocate(ValueLayout.ADDRESS, count);
      for (int i = 0; i < count; i++) {
        boolean isNamed = i >= positional.size();
        int n = i - positional.size();
        write(sct_value.asSlice(arguments, i), isNamed ? named.get(n) : positional.get(i), arena);
        argumentNames.setAtIndex(
            ValueLayout.ADDRESS,
            i,
            isNamed ? arena.allocateFrom(names.get(n)) : MemorySegment.NULL);
      }
      MemorySegment results = sct_value.allocateArray(capacity, arena);
      Status.check(
          Sct.sct_op_call(op, arguments, argumentNames, count, results, capacity, frame.out(0)));
      int resultCount = Math.toIntExact(frame.int64(0));
      List<BoxedValue> values = new ArrayList<>(resultCount);
      for (int i = 0; i < resultCount; i++) {
        values.add(read(sct_value.asSlice(results, i)));
      }
      Status.check(Sct.sct_values_free(results, resultCount));
      return values;
    }
  }

  private static void write(MemorySegment target, BoxedValue value, Arena arena) {
    switch (value) {
      case BoxedValue.None _ -> sct_value.kind(target, Kind.NONE);
      case BoxedValue.TensorHandle(MemorySegment handle) -> {
        sct_value.kind(target, Kind.TENSOR);
        sct_value.pointer(target, handle);
      }
      case BoxedValue.Int(long number) -> {
        sct_value.kind(target, Kind.INT);
        sct_value.integer(target, number);
      }
      case BoxedValue.Real(double number) -> {
        sct_value.kind(target, Kind.DOUBLE);
        sct_value.real(target, number);
      }
      case BoxedValue.Bool(boolean truth) -> {
        sct_value.kind(target, Kind.BOOL);
        sct_value.integer(target, truth ? 1 : 0);
      }
      case BoxedValue.Text(String text) -> {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        array(target, Kind.STRING, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes), bytes.length);
      }
      case BoxedValue.DTypeCode(int code) -> {
        sct_value.kind(target, Kind.DTYPE);
        sct_value.integer(target, code);
      }
      case BoxedValue.DeviceCode(int kind, int index) -> {
        sct_value.kind(target, Kind.DEVICE);
        sct_value.integer(target, kind);
        sct_value.index(target, index);
      }
      case BoxedValue.TensorHandles(MemorySegment[] handles, boolean optional) -> {
        MemorySegment memory = arena.allocate(ValueLayout.ADDRESS, handles.length);
        for (int i = 0; i < handles.length; i++) {
          memory.setAtIndex(ValueLayout.ADDRESS, i, handles[i]);
        }
        array(
            target,
            optional ? Kind.OPTIONAL_TENSOR_LIST : Kind.TENSOR_LIST,
            memory,
            handles.length);
      }
      case BoxedValue.Ints(long[] numbers) ->
          array(
              target,
              Kind.INT_LIST,
              arena.allocateFrom(ValueLayout.JAVA_LONG, numbers),
              numbers.length);
      case BoxedValue.Reals(double[] numbers) ->
          array(
              target,
              Kind.DOUBLE_LIST,
              arena.allocateFrom(ValueLayout.JAVA_DOUBLE, numbers),
              numbers.length);
      case BoxedValue.Bools(boolean[] truths) -> {
        MemorySegment memory = arena.allocate(ValueLayout.JAVA_BOOLEAN, truths.length);
        for (int i = 0; i < truths.length; i++) {
          memory.setAtIndex(ValueLayout.JAVA_BOOLEAN, i, truths[i]);
        }
        array(target, Kind.BOOL_LIST, memory, truths.length);
      }
    }
  }

  private static void array(MemorySegment target, int kind, MemorySegment memory, int count) {
    sct_value.kind(target, kind);
    sct_value.pointer(target, memory);
    sct_value.integer(target, count);
  }

  private static BoxedValue read(MemorySegment value) {
    int kind = sct_value.kind(value);
    long integer = sct_value.integer(value);
    MemorySegment pointer = sct_value.pointer(value);
    if (kind == Kind.NONE) {
      return new BoxedValue.None();
    }
    if (kind == Kind.TENSOR) {
      return new BoxedValue.TensorHandle(MemorySegment.ofAddress(pointer.address()));
    }
    if (kind == Kind.INT) {
      return new BoxedValue.Int(integer);
    }
    if (kind == Kind.DOUBLE) {
      return new BoxedValue.Real(sct_value.real(value));
    }
    if (kind == Kind.BOOL) {
      return new BoxedValue.Bool(integer != 0);
    }
    if (kind == Kind.DTYPE) {
      return new BoxedValue.DTypeCode(Math.toIntExact(integer));
    }
    if (kind == Kind.DEVICE) {
      return new BoxedValue.DeviceCode(Math.toIntExact(integer), sct_value.index(value));
    }
    return readArray(kind, pointer, Math.toIntExact(integer));
  }

  private static BoxedValue readArray(int kind, MemorySegment pointer, int count) {
    if (kind == Kind.STRING) {
      byte[] bytes = pointer.reinterpret(count).toArray(ValueLayout.JAVA_BYTE);
      return new BoxedValue.Text(new String(bytes, StandardCharsets.UTF_8));
    }
    if (kind == Kind.TENSOR_LIST || kind == Kind.OPTIONAL_TENSOR_LIST) {
      MemorySegment array = pointer.reinterpret(count * ValueLayout.ADDRESS.byteSize());
      return new BoxedValue.TensorHandles(
          SctTensor.handles(array, count), kind == Kind.OPTIONAL_TENSOR_LIST);
    }
    if (kind == Kind.INT_LIST) {
      return new BoxedValue.Ints(
          pointer.reinterpret((long) count * Long.BYTES).toArray(ValueLayout.JAVA_LONG));
    }
    if (kind == Kind.DOUBLE_LIST) {
      return new BoxedValue.Reals(
          pointer.reinterpret((long) count * Double.BYTES).toArray(ValueLayout.JAVA_DOUBLE));
    }
    if (kind == Kind.BOOL_LIST) {
      byte[] bytes = pointer.reinterpret(count).toArray(ValueLayout.JAVA_BYTE);
      boolean[] truths = new boolean[count];
      for (int i = 0; i < count; i++) {
        truths[i] = bytes[i] != 0;
      }
      return new BoxedValue.Bools(truths);
    }
    throw new AssertionError("unknown kind of sct_value: " + kind);
  }
}
