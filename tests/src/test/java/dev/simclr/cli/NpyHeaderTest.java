package dev.simclr.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against NumPy's description of the format, numpy/lib/format.py, version 1.0. */
final class NpyHeaderTest {

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  @Test
  void everyByteIsWhatTheFormatSays() {
    byte[] expected = new byte[128];
    Arrays.fill(expected, (byte) ' ');
    byte[] start = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0};
    System.arraycopy(start, 0, expected, 0, start.length);
    byte[] dictionary =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }".getBytes(ISO_8859_1);
    System.arraycopy(dictionary, 0, expected, start.length, dictionary.length);
    expected[127] = '\n';
    assertArrayEquals(expected, bytes(NpyHeader.float32(3, 2)));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 10, 99_999, 1_281_167, 4_000_000_000L, Long.MAX_VALUE})
  void valuesBeginAtAMultipleOf64(long rows) {
    for (long columns = 1; columns < 4_000_000_000L; columns *= 10) {
      byte[] header = bytes(NpyHeader.float32(rows, columns));
      assertEquals(0, header.length % 64);
      assertEquals(header.length - 10, (header[8] & 255) | (header[9] & 255) << 8);
      assertEquals('\n', header[header.length - 1]);
      String text = new String(header, 10, header.length - 11, ISO_8859_1);
      assertTrue(
          text.strip().endsWith("'shape': (%d, %d), }".formatted(rows, columns)), () -> text);
      assertTrue(text.length() - text.stripTrailing().length() < 64, "no more padding than needed");
    }
  }
}
