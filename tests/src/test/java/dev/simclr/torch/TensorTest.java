package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
class TensorTest {

  @Test
  void arraysGoInAndOut() {
    try (var _ = TensorScope.open()) {
      float[] floats = {1.5f, -2, 3};
      assertArrayEquals(floats, Tensor.of(floats, 3).toFloatArray());
      double[] doubles = {Math.PI, -1e300};
      assertArrayEquals(doubles, Tensor.of(doubles, 1, 2).toDoubleArray());
      long[] longs = {Long.MIN_VALUE, 7, Long.MAX_VALUE};
      assertArrayEquals(longs, Tensor.of(longs, 3).toLongArray());
      int[] ints = {-1, 2};
      assertArrayEquals(ints, Tensor.of(ints, 2).toIntArray());
      byte[] bytes = {0, 127, (byte) 255};
      assertArrayEquals(bytes, Tensor.of(bytes, 3).toByteArray());
      assertArrayEquals(new int[] {0, 127, 255}, Tensor.of(bytes, 3).toIntArray());
      assertEquals(0, Tensor.of(new float[0], 0, 4).toFloatArray().length);
    }
  }

  @Test
  void elementsComeRowMajorWhateverTheLayout() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, a.t().toFloatArray());
      assertArrayEquals(new long[] {1, 4, 2, 5, 3, 6}, a.t().toLongArray());
      assertArrayEquals(new float[] {2, 5}, a.select(1, 1).toFloatArray());
    }
  }

  @Test
  void factories() {
    try (var _ = TensorScope.open()) {
      assertArrayEquals(new float[] {0, 0}, Tensor.zeros(DType.FLOAT32, 2).toFloatArray());
      assertArrayEquals(new float[] {1, 1}, Tensor.ones(DType.FLOAT32, 2).toFloatArray());
      assertArrayEquals(new float[] {9, 9}, Tensor.full(9, DType.FLOAT32, 2).toFloatArray());
      assertArrayEquals(new long[] {0, 1, 2}, Tensor.arange(3, DType.INT64).toLongArray());
      assertArrayEquals(
          new float[] {1, 1.5f}, Tensor.arange(1, 2, 0.5, DType.FLOAT32).toFloatArray());
      assertArrayEquals(new float[] {1, 0, 0, 1}, Tensor.eye(2, DType.FLOAT32).toFloatArray());
      Tensor scalar = Tensor.scalar(2.5, DType.FLOAT64);
      assertEquals(0, scalar.dim());
      assertEquals(2.5, scalar.item());
      assertEquals(2, scalar.itemLong());
      Tensor empty =
          Tensor.empty(DType.FLOAT32, Device.CPU, MemoryFormat.CHANNELS_LAST, 1, 2, 3, 4);
      assertTrue(empty.isChannelsLast());
      assertTrue(empty.zerosLike().isChannelsLast());
      assertEquals(24, empty.onesLike().sum().item());
      assertArrayEquals(empty.shape(), empty.emptyLike().shape());
    }
  }

  @Test
  void shapesMustFitTheData() {
    try (var _ = TensorScope.open()) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> Tensor.of(new float[] {1, 2, 3}, 2, 2));
      assertTrue(e.getMessage().contains("[2, 2]") && e.getMessage().contains("3"), e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> Tensor.zeros(DType.FLOAT32, -1));
      assertThrows(
          IllegalArgumentException.class,
          () -> Tensor.empty(DType.FLOAT32, Long.MAX_VALUE, Long.MAX_VALUE));
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyDTypeIsWhatLibtorchThinks(DType dtype) {
    try (var _ = TensorScope.open()) {
      Tensor tensor = Tensor.ones(dtype, 3);
      assertEquals(dtype, tensor.dtype());
      assertEquals(3L * dtype.byteSize(), tensor.segment().byteSize());
      assertEquals(1, tensor.to(DType.FLOAT64).select(0, 2).item());
      assertEquals(
          dtype.isFloatingPoint(),
          (Boolean) Op.find("aten::is_floating_point", "").call(tensor).getFirst());
    }
  }

  @Test
  void factsDescribeTheTensor() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.zeros(DType.FLOAT32, 2, 3, 4);
      assertArrayEquals(new long[] {2, 3, 4}, a.shape());
      assertArrayEquals(new long[] {12, 4, 1}, a.strides());
      assertEquals(3, a.dim());
      assertEquals(24, a.numel());
      assertEquals(3, a.size(1));
      assertEquals(4, a.size(-1));
      assertThrows(IllegalArgumentException.class, () -> a.size(3));
      assertThrows(IllegalArgumentException.class, () -> a.size(-4));
      assertEquals(Device.CPU, a.device());
      assertTrue(a.isContiguous());
      assertFalse(a.transpose(0, 1).isContiguous());
      assertFalse(a.requiresGrad());
      assertTrue(a.isLeaf());
      assertFalse(a.isPinned());
      assertEquals("Tensor[2, 3, 4] float32 cpu", a.toString());
    }
  }

  @Test
  void conversionSharesStorageOnlyWhereNothingChanges() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 1, 2, 2, 2);
      a.to(DType.FLOAT32).fill_(2);
      a.to(Device.CPU).add_(1);
      a.contiguous().add_(1);
      a.alias().add_(1);
      a.detach().add_(1);
      assertEquals(6, a.select(3, 0).mean().item());
      a.to(DType.FLOAT64).fill_(0);
      a.copy().fill_(0);
      a.to(MemoryFormat.CHANNELS_LAST).fill_(0);
      assertEquals(6, a.mean().item());
      assertTrue(a.to(MemoryFormat.CHANNELS_LAST).isChannelsLast());
      assertTrue(a.copy(MemoryFormat.CHANNELS_LAST).isChannelsLast());
      assertTrue(a.contiguous(MemoryFormat.CHANNELS_LAST).isChannelsLast());
      assertEquals(DType.BFLOAT16, a.to(DType.BFLOAT16).dtype());
    }
  }

  @Test
  void copyFromConvertsAndBroadcasts() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.zeros(DType.INT32, 2, 2);
      assertEquals(a, a.copyFrom(Tensor.of(new float[] {1.9f, -2}, 2)));
      assertArrayEquals(new int[] {1, -2, 1, -2}, a.toIntArray());
    }
  }

  @Test
  void whereCatAndStack() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.of(new float[] {1, 2}, 2);
      Tensor b = Tensor.of(new float[] {3, 4}, 2);
      assertArrayEquals(new float[] {3, 2}, Tensor.where(a.lt(2), b, a).toFloatArray());
      assertArrayEquals(new float[] {1, 2, 3, 4}, Tensor.cat(List.of(a, b), 0).toFloatArray());
      Tensor stacked = Tensor.stack(List.of(a, b), 1);
      assertArrayEquals(new long[] {2, 2}, stacked.shape());
      assertArrayEquals(new float[] {1, 3, 2, 4}, stacked.toFloatArray());
      assertThrows(IllegalArgumentException.class, () -> Tensor.cat(List.of(), 0));
    }
  }

  @Test
  void readIntoConvertsIntoNativeMemory() {
    try (var _ = TensorScope.open();
        Arena arena = Arena.ofConfined()) {
      Tensor a = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t();
      MemorySegment memory = arena.allocate(6 * Double.BYTES, 8);
      a.readInto(memory, DType.FLOAT64);
      assertArrayEquals(new double[] {1, 4, 2, 5, 3, 6}, memory.toArray(ValueLayout.JAVA_DOUBLE));
      assertThrows(
          IllegalArgumentException.class, () -> a.readInto(arena.allocate(8, 8), DType.FLOAT64));
    }
  }

  @Test
  void nativeErrorsNameTheOperatorAndTheShapes() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 2, 3);
      TorchException e = assertThrows(TorchException.class, () -> a.matmul(a));
      assertEquals(TorchException.Kind.SHAPE, e.kind());
      assertTrue(e.getMessage().contains("matmul"), e.getMessage());
      assertTrue(e.getMessage().contains("[2, 3]"), e.getMessage());
      e = assertThrows(TorchException.class, a::item);
      assertTrue(e.getMessage().contains("[2, 3]"), e.getMessage());
      e = assertThrows(TorchException.class, () -> Tensor.empty(DType.FLOAT32, 1L << 50));
      assertEquals(TorchException.Kind.OUT_OF_MEMORY, e.kind());
    }
  }

  @Test
  void aGpuWithoutCudaIsNamedSo() {
    assumeFalse(Cuda.isAvailable());
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 1);
      TorchException e = assertThrows(TorchException.class, () -> a.to(Device.cuda(0)));
      assertEquals(TorchException.Kind.UNSUPPORTED, e.kind());
      assertEquals(0, Cuda.deviceCount());
      assertThrows(TorchException.class, () -> Cuda.synchronize(Device.cuda(0)));
      assertThrows(IllegalArgumentException.class, () -> Cuda.synchronize(Device.CPU));
    }
  }
}
