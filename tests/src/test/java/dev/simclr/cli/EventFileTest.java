package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.io.CannotWriteException;
import dev.simclr.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EventFileTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochSecond(1_700_000_000, 250_000_000), ZoneOffset.UTC);

  @TempDir Path folder;

  @Test
  void hasTheBytesThatTensorBoardWrites() throws IOException {
    byte[] png = new byte[200];
    for (int i = 0; i < png.length; i++) {
      png[i] = (byte) i;
    }
    Path file = folder.resolve("events.tfevents");
    try (EventFile events = EventFile.create(file, 42, CLOCK)) {
      events.scalar("eval/knn", 0, 0.125);
      events.scalar("train/loss", 1L << 40, -3.7);
      events.image("views", 7, 3, 300, png);
    }
    assertArrayEquals(
        Files.readAllBytes(Fixtures.path("tensorboard/events.tfevents")), Files.readAllBytes(file));
  }

  @Test
  void aRunThatBeginsAnewVoidsWhatItWroteBefore() throws IOException {
    Path file = folder.resolve("a.tfevents");
    EventFile.create(file, 0, CLOCK).close();
    byte[] bytes = Files.readAllBytes(file);
    // Frames are 16 bytes around a message; that of the version is 9 + 15 long.
    int second = 16 + 9 + 15 + 12;
    // No step, which is 0, then session_log { status: START }.
    byte[] expected = {0x3A, 0x02, 0x08, 0x01};
    assertArrayEquals(expected, Arrays.copyOfRange(bytes, second + 9, second + 13));
    assertEquals(second + 13 + 4, bytes.length);
  }

  @Test
  void aFileThatExistsIsLeftAlone() throws IOException {
    Path file = Files.writeString(folder.resolve("a.tfevents"), "mine");
    var e = assertThrows(CannotWriteException.class, () -> EventFile.create(file, 0, CLOCK));
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    assertArrayEquals("mine".getBytes(), Files.readAllBytes(file));
  }
}
