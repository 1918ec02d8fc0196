package dev.simclr.torch;

import dev.simclr.torch.internal.BoxedValue;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Turns the Java values of {@link Op} into those of the native call and back. */
final class OpValues {

  private OpValues() {}

  static BoxedValue box(Object value) {
    return switch (value) {
      case Tensor tensor -> new BoxedValue.TensorHandle(tensor.handle());
      case Long number -> new BoxedValue.Int(number);
      case Integer number -> new BoxedValue.Int(number);
      case Short number -> new BoxedValue.Int(number);
      case Byte number -> new BoxedValue.Int(number);
      case Double number -> new BoxedValue.Real(number);
      case Float number -> new BoxedValue.Real(number);
      case Boolean truth -> new BoxedValue.Bool(truth);
      case String text -> new BoxedValue.Text(text);
      case DType dtype -> new BoxedValue.DTypeCode(dtype.code());
      case Device device -> new BoxedValue.DeviceCode(device.kindCode(), device.indexCode());
      case MemoryFormat format -> new BoxedValue.Int(format.code());
      case long[] numbers -> new BoxedValue.Ints(numbers.clone());
      case int[] numbers -> new BoxedValue.Ints(Arrays.stream(numbers).asLongStream().toArray());
      case double[] numbers -> new BoxedValue.Reals(numbers.clone());
      case boolean[] truths -> new BoxedValue.Bools(truths.clone());
      case Optional<?> optional ->
          optional.isPresent() ? box(optional.get()) : new BoxedValue.None();
      case List<?> list -> boxList(list);
      default -> throw unsupported(value);
    };
  }

  /** Boxes a list by the type of its elements. An empty one fits every list type as integers do. */
  private static BoxedValue boxList(List<?> list) {
    if (list.isEmpty()) {
      return new BoxedValue.Ints(new long[0]);
    }
    if (list.stream().allMatch(e -> e instanceof Tensor || e instanceof Optional<?>)) {
      MemorySegment[] handles = new MemorySegment[list.size()];
      boolean optional = false;
      for (int i = 0; i < handles.length; i++) {
        optional |= list.get(i) instanceof Optional<?>;
        handles[i] =
            switch (box(list.get(i))) {
              case BoxedValue.TensorHandle(MemorySegment handle) -> handle;
              case BoxedValue.None _ -> MemorySegment.NULL;
              default -> throw unsupported(list);
            };
      }
      return new BoxedValue.TensorHandles(handles, optional);
    }
    List<BoxedValue> values = list.stream().map(OpValues::box).toList();
    if (values.stream().allMatch(BoxedValue.Int.class::isInstance)) {
      return new BoxedValue.Ints(
          values.stream().mapToLong(v -> ((BoxedValue.Int) v).value()).toArray());
    }
    if (values.stream().allMatch(BoxedValue.Real.class::isInstance)) {
      return new BoxedValue.Reals(
          values.stream().mapToDouble(v -> ((BoxedValue.Real) v).value()).toArray());
    }
    if (values.stream().allMatch(BoxedValue.Bool.class::isInstance)) {
      boolean[] truths = new boolean[values.size()];
      for (int i = 0; i < truths.length; i++) {
        truths[i] = ((BoxedValue.Bool) values.get(i)).value();
      }
      return new BoxedValue.Bools(truths);
    }
    throw unsupported(list);
  }

  private static IllegalArgumentException unsupported(Object value) {
    String type =
        value instanceof List<?> list
            ? "List of " + list.stream().map(e -> e.getClass().getSimpleName()).distinct().toList()
            : value.getClass().getName();
    return new IllegalArgumentException(
        "arguments: an operator takes no "
            + type
            + "; allowed are Tensor, integers, Double, Float, Boolean, String, DType, Device,"
            + " MemoryFormat, Optional of these, and lists of one of them");
  }

  static Object unbox(BoxedValue value, TensorScope scope) {
    return switch (value) {
      case BoxedValue.None _ -> Optional.empty();
      case BoxedValue.TensorHandle(MemorySegment handle) -> tensor(handle, scope);
      case BoxedValue.Int(long number) -> number;
      case BoxedValue.Real(double number) -> number;
      case BoxedValue.Bool(boolean truth) -> truth;
      case BoxedValue.Text(String text) -> text;
      case BoxedValue.DTypeCode(int code) -> DType.of(code);
      case BoxedValue.DeviceCode(int kind, int index) -> Device.of(kind, index);
      case BoxedValue.TensorHandles(MemorySegment[] handles, boolean _) -> {
        List<Object> tensors = new ArrayList<>();
        for (MemorySegment handle : handles) {
          tensors.add(tensor(handle, scope));
        }
        yield List.copyOf(tensors);
      }
      case BoxedValue.Ints(long[] numbers) -> Arrays.stream(numbers).boxed().toList();
      case BoxedValue.Reals(double[] numbers) -> Arrays.stream(numbers).boxed().toList();
      case BoxedValue.Bools(boolean[] truths) -> {
        List<Boolean> list = new ArrayList<>();
        for (boolean truth : truths) {
          list.add(truth);
        }
        yield List.copyOf(list);
      }
    };
  }

  private static Object tensor(MemorySegment handle, TensorScope scope) {
    return handle.address() == 0 ? Optional.empty() : scope.adopt(handle);
  }
}
