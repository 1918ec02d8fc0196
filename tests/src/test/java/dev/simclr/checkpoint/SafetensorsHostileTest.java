package dev.simclr.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that lie: each must be refused by name and reason, before memory is taken on its word. */
final class SafetensorsHostileTest {

  @TempDir Path directory;

  private static byte[] file(String header, int dataBytes) {
    byte[] json = header.getBytes(UTF_8);
    return file(json.length, json, dataBytes);
  }

  private static byte[] file(long length, byte[] json, int dataBytes) {
    return ByteBuffer.allocate(Long.BYTES + json.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(json)
        .array();
  }

  private static String entry(String name, String type, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
        .formatted(name, type, shape, offsets);
  }

  private static byte[] one(String type, String shape, String offsets, int dataBytes) {
    return file("{" + entry("t", type, shape, offsets) + "}", dataBytes);
  }

  static Stream<Arguments> hostile() {
    byte[] utf16 = "{}".getBytes(java.nio.charset.StandardCharsets.UTF_16LE);
    byte[] notUtf8 = {'{', '"', (byte) 0xC3, (byte) 0x28, '"', ':', '1', '}'};
    byte[] overlong = {'{', '"', (byte) 0xC0, (byte) 0x80, '"', ':', '1', '}'};
    byte[] nul = {'{', '}', 0};
    return Stream.of(
        // the length
        Arguments.of("only 0 bytes long", new byte[0]),
        Arguments.of("only 7 bytes long", new byte[7]),
        Arguments.of("not a JSON object", file(0, new byte[0], 0)),
        Arguments.of("header of 3 bytes in a file of 10 bytes", file(3, new byte[2], 0)),
        Arguments.of("header of 100000000 bytes in a file", file(100_000_000, new byte[2], 0)),
        Arguments.of("the limit is 100000000", file(100_000_001, new byte[2], 0)),
        Arguments.of("header of 18446744073709551615 bytes", file(-1, new byte[2], 0)),
        Arguments.of("header of 9223372036854775808", file(Long.MIN_VALUE, new byte[2], 0)),
        Arguments.of("header of 9223372036854775807", file(Long.MAX_VALUE, new byte[2], 0)),
        // the text
        Arguments.of("not valid JSON", file("{", 0)),
        Arguments.of("not a JSON object", file("[]", 0)),
        Arguments.of("not a JSON object", file("null", 0)),
        Arguments.of("not valid JSON", file("{\"t\":}", 0)),
        Arguments.of("not valid JSON", file("{} x", 0)),
        Arguments.of("text after", file("{}{}", 0)),
        Arguments.of("not valid JSON", file(3, nul, 0)),
        Arguments.of("not valid UTF-8", file(notUtf8.length, notUtf8, 0)),
        Arguments.of("not valid UTF-8", file(overlong.length, overlong, 0)),
        Arguments.of("not valid JSON", file(utf16.length, utf16, 0)),
        Arguments.of("surrogate", file("{" + entry("\\ud800", "U8", "[]", "[0,1]") + "}", 1)),
        Arguments.of("not a JSON object", file("[".repeat(100_000), 0)),
        Arguments.of("entry is not an object", file("{\"t\":[]}", 0)),
        Arguments.of(
            "not valid JSON", file("{\"t\":{\"shape\":[[[[[[0]]]]]]}}", 0)), // nested too deep
        // the fields
        Arguments.of("dtype is missing", file("{\"t\":{}}", 0)),
        Arguments.of("data_offsets is missing", file("{\"t\":{\"dtype\":\"U8\",\"shape\":[]}}", 0)),
        Arguments.of("unknown dtype 'F31'", one("F31", "[1]", "[0,4]", 4)),
        Arguments.of("unknown dtype 'f32'", one("f32", "[1]", "[0,4]", 4)),
        Arguments.of("unknown field 'code'", file("{\"t\":{\"code\":\"x\"}}", 0)),
        Arguments.of("shape is not an array", one("U8", "1", "[0,1]", 1)),
        Arguments.of("something else than an integer", one("U8", "[1.0]", "[0,1]", 1)),
        Arguments.of("something else than an integer", one("U8", "[\"1\"]", "[0,1]", 1)),
        Arguments.of("something else than an integer", one("U8", "[null]", "[0,1]", 1)),
        Arguments.of("negative", one("U8", "[-1]", "[0,1]", 1)),
        Arguments.of("not valid JSON", one("U8", "[9223372036854775808]", "[0,1]", 1)),
        Arguments.of("not valid JSON", one("U8", "[1" + "0".repeat(5000) + "]", "[0,1]", 1)),
        Arguments.of("more than 64 values", one("U8", "[1" + ",1".repeat(64) + "]", "[0,1]", 1)),
        Arguments.of("has not two values", one("U8", "[1]", "[0]", 1)),
        Arguments.of("more than 2 values", one("U8", "[1]", "[0,1,2]", 1)),
        // the same thing twice
        Arguments.of(
            "tensor 't' appears twice",
            file(
                "{"
                    + entry("t", "U8", "[1]", "[0,1]")
                    + ","
                    + entry("t", "U8", "[1]", "[1,2]")
                    + "}",
                2)),
        Arguments.of(
            "field 'shape' appears twice",
            file(
                "{\"t\":{\"dtype\":\"U8\",\"shape\":[1],\"shape\":[2],\"data_offsets\":[0,1]}}",
                1)),
        Arguments.of(
            "__metadata__ appears twice", file("{\"__metadata__\":{},\"__metadata__\":{}}", 0)),
        Arguments.of(
            "key 'a' appears twice", file("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0)),
        Arguments.of("not a string", file("{\"__metadata__\":{\"a\":1}}", 0)),
        Arguments.of("__metadata__ is not an object", file("{\"__metadata__\":\"a\"}", 0)),
        // the arithmetic
        Arguments.of("overflows", one("F32", "[4194305,4194305,211106198978564]", "[0,16]", 16)),
        Arguments.of("overflows", one("F32", "[4611686018427387904]", "[0,0]", 0)),
        Arguments.of("overflows", one("U8", "[9223372036854775807,2,0]", "[0,0]", 0)),
        Arguments.of("shape needs 8 bytes, data_offsets span 4", one("F32", "[2]", "[0,4]", 4)),
        Arguments.of("shape needs 4 bytes, data_offsets span 8", one("F32", "[]", "[0,8]", 8)),
        Arguments.of("byte boundary", one("F4", "[3]", "[0,1]", 1)),
        // the layout
        Arguments.of("do not continue at byte 0", one("U8", "[4]", "[4,0]", 4)),
        Arguments.of("do not continue at byte 0", one("U8", "[2]", "[2,4]", 4)),
        Arguments.of("negative", one("U8", "[2]", "[-2,0]", 4)),
        Arguments.of("end at data byte 2, the file at 4", one("U8", "[2]", "[0,2]", 4)),
        Arguments.of("end at data byte 4, the file at 2", one("U8", "[4]", "[0,4]", 2)),
        Arguments.of("end at data byte 0, the file at 2", file("{}", 2)),
        Arguments.of(
            "do not continue at byte 4", // overlap
            file(
                "{"
                    + entry("a", "U8", "[4]", "[0,4]")
                    + ","
                    + entry("b", "U8", "[4]", "[2,6]")
                    + "}",
                6)),
        Arguments.of(
            "do not continue at byte 4", // the same bytes under two names
            file(
                "{"
                    + entry("a", "U8", "[4]", "[0,4]")
                    + ","
                    + entry("b", "U8", "[4]", "[0,4]")
                    + "}",
                4)),
        Arguments.of(
            "do not continue at byte 2", // a hole
            file(
                "{"
                    + entry("a", "U8", "[2]", "[0,2]")
                    + ","
                    + entry("b", "U8", "[2]", "[4,6]")
                    + "}",
                6)));
  }

  @ParameterizedTest(name = "[{index}] {0}")
  @MethodSource("hostile")
  void refusesByNameAndReason(String reason, byte[] bytes) throws IOException {
    Path file = directory.resolve("hostile.safetensors");
    Files.write(file, bytes);
    var e = assertThrows(CheckpointException.class, () -> SafetensorsReader.open(file).close());
    assertTrue(e.getMessage().startsWith(file + ": not a valid safetensors file: "), e::getMessage);
    assertTrue(e.getMessage().contains(reason), e::getMessage);
  }

  @Test
  void acceptsWhatTheReferenceAcceptsOnPurpose() throws IOException {
    Path file = directory.resolve("odd.safetensors");
    String zeros = entry("a", "F32", "[0]", "[0,0]") + "," + entry("b", "F32", "[2,0]", "[0,0]");
    Files.write(file, file("  {" + zeros + "," + entry("c", "U8", "[1]", "[0,1]") + "}  ", 1));
    try (var reader = SafetensorsReader.open(file)) {
      assertEquals(3, reader.names().size());
    }
    Files.write(file, file("{}", 0));
    try (var reader = SafetensorsReader.open(file)) {
      assertTrue(reader.names().isEmpty());
    }
  }

  @Test
  void aFileThatShrinksAfterOpeningIsAnException() throws IOException {
    Path file = directory.resolve("shrinks.safetensors");
    Files.write(file, one("U8", "[1000]", "[0,1000]", 1000));
    try (var reader = SafetensorsReader.open(file);
        var arena = Arena.ofConfined()) {
      try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(500);
      }
      var e = assertThrows(CheckpointException.class, () -> reader.read("t", arena.allocate(1000)));
      assertTrue(e.getMessage().contains("before its data"), e::getMessage);
    }
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = directory.resolve("absent.safetensors");
    var e = assertThrows(CheckpointException.class, () -> SafetensorsReader.open(file));
    assertEquals("cannot read " + file + ": no such file", e.getMessage());
  }

  @Test
  void tenTimesAsManyEntriesTakeNoQuadraticTime() throws IOException {
    long few = leastCpuTime(10_000);
    long many = leastCpuTime(100_000);
    // Linear would be 10 times, quadratic 100 times.
    assertTrue(many < 40 * few, () -> many + " ns of processor time after " + few);
  }

  /**
   * The least of the processor time of this thread that opening takes, which others do not change.
   */
  private long leastCpuTime(int entries) throws IOException {
    String header =
        IntStream.range(0, entries)
            .mapToObj(i -> entry("tensor." + i, "U8", "[1]", "[%d,%d]".formatted(i, i + 1)))
            .collect(Collectors.joining(",", "{", "}"));
    Path file = directory.resolve("entries-" + entries + ".safetensors");
    Files.write(file, file(header, entries));
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int turn = 0; turn < 3; turn++) {
      long start = clock.getCurrentThreadCpuTime();
      try (var reader = SafetensorsReader.open(file)) {
        assertEquals(entries, reader.names().size());
      }
      least = Math.min(least, clock.getCurrentThreadCpuTime() - start);
    }
    return least;
  }

  @Test
  void mutatedHeadersAreParsedOrRefused() throws IOException {
    String valid =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + entry("a.weight", "F32", "[2,3]", "[0,24]")
            + ","
            + entry("b", "I64", "[]", "[24,32]")
            + "}";
    Random random = new Random(7);
    String alphabet = "{}[]\",:0123456789.-eE\\u \tFIUabc\u00e4\ud800";
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(valid);
      for (int edit = random.nextInt(3); edit >= 0; edit--) {
        if (text.isEmpty()) {
          break;
        }
        int at = random.nextInt(text.length());
        char c = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(4)) {
          case 0 -> text.setCharAt(at, c);
          case 1 -> text.insert(at, c);
          case 2 -> text.deleteCharAt(at);
          default -> text.setLength(at);
        }
      }
      try {
        var header = SafetensorsHeader.parse(new StringReader(text.toString()), 32);
        assertEquals(32, header.tensors().values().stream().mapToLong(TensorInfo::byteSize).sum());
      } catch (SafetensorsHeader.Malformed e) {
        refused++;
      }
    }
    assertTrue(refused > 15_000, "refused " + refused);
  }
}
