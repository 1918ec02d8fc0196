package dev.simclr.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.io.CannotWriteException;
import dev.simclr.testing.Fixtures;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
final class SafetensorsTest {

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("x.safetensors");
  }

  private static byte[] bytes(SafetensorsReader reader, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Math.max(1, reader.info(name).byteSize()));
      reader.read(name, memory);
      return memory.asSlice(0, reader.info(name).byteSize()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** What tests/fixtures/safetensors/make.py wrote with Python. */
  @Test
  void readsFilesOfPython() {
    try (SafetensorsReader reader =
            SafetensorsReader.open(Fixtures.path("safetensors/python.safetensors"));
        var _ = TensorScope.open()) {
      assertEquals(Map.of("format", "pt", "safetensors", "0.8.0"), reader.metadata());
      assertEquals(
          Set.of(
              "f32",
              "f64",
              "f16",
              "bf16",
              "i64",
              "i32",
              "i16",
              "i8",
              "u8",
              "bool",
              "scalar",
              "empty",
              "name with \u00e4 \"quote\""),
          reader.names());
      check(reader, "f32", DType.FLOAT32, new long[] {2, 3}, 1.5, -2, 3.25, 0, -0.0, 1e-30f);
      check(reader, "f64", DType.FLOAT64, new long[] {2}, 1.0 / 3, -1e300);
      check(reader, "f16", DType.FLOAT16, new long[] {2}, 0.5, -65504);
      check(reader, "bf16", DType.BFLOAT16, new long[] {3}, 1, -3, 0.0078125);
      assertArrayEquals(new long[] {-1, 1L << 62}, reader.tensor("i64").toLongArray());
      assertArrayEquals(new long[] {1, 2}, reader.tensor("i64").shape());
      check(reader, "i32", DType.INT32, new long[] {2}, Integer.MIN_VALUE, 7);
      check(reader, "i16", DType.INT16, new long[] {2}, Short.MIN_VALUE, Short.MAX_VALUE);
      check(reader, "i8", DType.INT8, new long[] {2}, -128, 127);
      check(reader, "u8", DType.UINT8, new long[] {2}, 0, 255);
      check(reader, "bool", DType.BOOL, new long[] {3}, 1, 0, 1);
      check(reader, "scalar", DType.INT64, new long[] {}, 7);
      check(reader, "empty", DType.FLOAT32, new long[] {0, 3});
      check(reader, "name with \u00e4 \"quote\"", DType.FLOAT32, new long[] {1}, 1);
    }
  }

  private static void check(
      SafetensorsReader reader, String name, DType dtype, long[] shape, double... expected) {
    Tensor tensor = reader.tensor(name);
    assertEquals(dtype, tensor.dtype(), name);
    assertArrayEquals(shape, tensor.shape(), name);
    assertArrayEquals(expected, tensor.to(DType.FLOAT64).toDoubleArray(), name);
  }

  /** Every byte against the format: length, JSON, spaces up to 8 bytes, data without gaps. */
  @Test
  void writesTheFormatByteByByte() throws IOException {
    try (var _ = TensorScope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("b", Tensor.of(new byte[] {1, -1, 3}, 3).to(DType.INT8));
      tensors.put("w", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
      tensors.put("a", Tensor.of(new float[] {0.5f}, 1));
      tensors.put("n", Tensor.full(258, DType.INT64));
      SafetensorsWriter.write(file(), tensors, Map.of("z", "2", "k", "\u00e9"));
    }
    String json =
        "{\"__metadata__\":{\"k\":\"\u00e9\",\"z\":\"2\"},"
            + "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[12,36]},"
            + "\"b\":{\"dtype\":\"I8\",\"shape\":[3],\"data_offsets\":[36,39]}}";
    byte[] text = json.getBytes(UTF_8);
    int padded = (text.length + 7) / 8 * 8;
    ByteBuffer expected = ByteBuffer.allocate(8 + padded + 39).order(ByteOrder.LITTLE_ENDIAN);
    expected.putLong(padded).put(text);
    while (expected.position() < 8 + padded) {
      expected.put((byte) ' ');
    }
    expected.putLong(258).putFloat(0.5f);
    for (int i = 1; i <= 6; i++) {
      expected.putFloat(i);
    }
    expected.put(new byte[] {1, -1, 3});
    assertArrayEquals(expected.array(), Files.readAllBytes(file()));
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyTypeComesBackBitForBit(DType dtype) {
    try (var _ = TensorScope.open()) {
      // Values that every type holds, at the ends of what BOOL and UINT8 can.
      Tensor values = Tensor.of(new double[] {0, 1, 1, 0, 1, 0}, 2, 3);
      Tensor saved = dtype == DType.BOOL ? values.to(dtype) : values.mul(97).to(dtype);
      SafetensorsWriter.write(
          file(),
          Map.of(
              "x", saved,
              "scalar", saved.select(0, 0).select(0, 1),
              "empty", Tensor.empty(dtype, 4, 0)),
          Map.of());
      try (SafetensorsReader reader = SafetensorsReader.open(file())) {
        assertEquals(Map.of(), reader.metadata());
        Tensor loaded = reader.tensor("x");
        assertEquals(dtype, loaded.dtype());
        assertTrue(loaded.equal(saved));
        assertArrayEquals(new long[] {2, 3}, loaded.shape());
        assertEquals(6L * dtype.byteSize(), reader.info("x").byteSize());
        assertEquals(0, reader.tensor("scalar").dim());
        assertEquals(saved.select(0, 0).select(0, 1).item(), reader.tensor("scalar").item());
        assertArrayEquals(new long[] {4, 0}, reader.tensor("empty").shape());
        assertEquals(0, bytes(reader, "empty").length);
      }
    }
  }

  @Test
  void bitPatternsOfFloatsSurvive() {
    float[] values = {
      Float.NaN,
      Float.intBitsToFloat(0xFFC00001),
      Float.NEGATIVE_INFINITY,
      -0.0f,
      Float.MIN_VALUE,
      Float.MAX_VALUE
    };
    try (var _ = TensorScope.open()) {
      SafetensorsWriter.write(file(), Map.of("x", Tensor.of(values, 6)), Map.of());
      try (SafetensorsReader reader = SafetensorsReader.open(file())) {
        ByteBuffer data = ByteBuffer.wrap(bytes(reader, "x")).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
          assertEquals(Float.floatToRawIntBits(value), data.getInt());
        }
      }
    }
  }

  @Test
  void anyMemoryLayoutIsSavedAsRows() {
    try (var _ = TensorScope.open()) {
      Tensor rows = Tensor.arange(24, DType.FLOAT32).view(2, 3, 2, 2);
      Tensor matrix = Tensor.arange(6, DType.FLOAT32).view(2, 3);
      Map<String, Tensor> tensors =
          Map.of(
              "last", rows.to(MemoryFormat.CHANNELS_LAST),
              "transposed", matrix.t(),
              "part", matrix.narrow(1, 1, 2),
              "spread", Tensor.scalar(3, DType.FLOAT32).expand(2, 2),
              "trained", rows.copy().requiresGrad(true));
      SafetensorsWriter.write(file(), tensors, Map.of());
      try (SafetensorsReader reader = SafetensorsReader.open(file())) {
        assertArrayEquals(rows.toFloatArray(), reader.tensor("last").toFloatArray());
        assertArrayEquals(
            new float[] {0, 3, 1, 4, 2, 5}, reader.tensor("transposed").toFloatArray());
        assertArrayEquals(new float[] {1, 2, 4, 5}, reader.tensor("part").toFloatArray());
        assertArrayEquals(new float[] {3, 3, 3, 3}, reader.tensor("spread").toFloatArray());
        assertArrayEquals(rows.toFloatArray(), reader.tensor("trained").toFloatArray());
        assertEquals(false, reader.tensor("trained").requiresGrad());
      }
    }
  }

  @Test
  void equalContentsGiveEqualFiles() throws IOException {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.of(new float[] {1}, 1);
      Tensor b = Tensor.of(new double[] {2}, 1);
      Map<String, Tensor> one = new LinkedHashMap<>();
      one.put("a", a);
      one.put("b", b);
      SafetensorsWriter.write(file(), one, Map.of("x", "1", "y", "2"));
      byte[] first = Files.readAllBytes(file());
      Map<String, Tensor> other = new LinkedHashMap<>();
      other.put("b", b);
      other.put("a", a);
      Map<String, String> metadata = new LinkedHashMap<>();
      metadata.put("y", "2");
      metadata.put("x", "1");
      SafetensorsWriter.write(file(), other, metadata);
      assertArrayEquals(first, Files.readAllBytes(file()));
    }
  }

  @Test
  void nothingAtAllCanBeSavedToo() {
    SafetensorsWriter.write(file(), Map.of(), Map.of());
    try (SafetensorsReader reader = SafetensorsReader.open(file())) {
      assertEquals(Set.of(), reader.names());
    }
  }

  @Test
  void readingIntoATensorConvertsTypeAndLayout() {
    try (var _ = TensorScope.open()) {
      Tensor rows = Tensor.arange(24, DType.FLOAT32).view(2, 3, 2, 2);
      SafetensorsWriter.write(file(), Map.of("x", rows), Map.of());
      try (SafetensorsReader reader = SafetensorsReader.open(file())) {
        Tensor half =
            Tensor.zeros(DType.FLOAT16, 2, 3, 2, 2)
                .to(MemoryFormat.CHANNELS_LAST)
                .requiresGrad(true);
        reader.readInto("x", half);
        assertArrayEquals(rows.toFloatArray(), half.detach().toFloatArray());
        assertTrue(half.isChannelsLast() && half.requiresGrad() && half.isLeaf());
        Tensor other = Tensor.zeros(DType.FLOAT32, 24);
        var e = assertThrows(CheckpointException.class, () -> reader.readInto("x", other));
        assertTrue(
            e.getMessage().endsWith("'x' has shape [2, 3, 2, 2], expected [24]"), e.getMessage());
        e = assertThrows(CheckpointException.class, () -> reader.readInto("y", other));
        assertEquals(file() + ": no tensor 'y'", e.getMessage());
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment small = arena.allocate(95);
          assertThrows(IllegalArgumentException.class, () -> reader.read("x", small));
        }
      }
    }
  }

  @Test
  void namesThatTheFormatCannotHoldAreRefused() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 1);
      for (String name : List.of("", "__metadata__", "\ud800")) {
        var e =
            assertThrows(
                IllegalArgumentException.class,
                () -> SafetensorsWriter.write(file(), Map.of(name, x), Map.of()));
        assertTrue(e.getMessage().startsWith("tensor name '" + name + "'"), e.getMessage());
      }
      assertTrue(Files.notExists(file()));
      Path nowhere = directory.resolve("absent").resolve("x.safetensors");
      assertThrows(
          CannotWriteException.class,
          () -> SafetensorsWriter.write(nowhere, Map.of("x", x), Map.of()));
    }
    var e = assertThrows(CheckpointException.class, () -> SafetensorsReader.open(file()));
    assertEquals("cannot read " + file() + ": no such file", e.getMessage());
  }
}
