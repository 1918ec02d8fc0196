package dev.simclr.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir Path dir;

  @Test
  void createsAndReplaces() throws IOException {
    Path file = dir.resolve("a.txt");
    AtomicFiles.write(file, "first");
    AtomicFiles.write(file, "zweites ä");
    assertEquals("zweites ä", Files.readString(file));
    assertEquals(List.of("a.txt"), names());
  }

  @Test
  void theOldFileSurvivesAFailureHalfWay() throws IOException {
    Path file = dir.resolve("a.txt");
    AtomicFiles.write(file, "old");
    IOException full = new IOException("No space left on device");
    var e =
        assertThrows(
            CannotWriteException.class,
            () ->
                AtomicFiles.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                      throw full;
                    }));
    assertEquals("cannot write " + file + ": No space left on device", e.getMessage());
    assertSame(full, e.getCause());
    assertEquals(file, e.path());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("a.txt"), names());
  }

  @Test
  void anotherExceptionPassesThroughAndLeavesNothing() throws IOException {
    assertThrows(
        ArithmeticException.class,
        () ->
            AtomicFiles.write(
                dir.resolve("a.txt"),
                channel -> {
                  throw new ArithmeticException();
                }));
    assertEquals(List.of(), names());
  }

  @Test
  void aMissingDirectoryIsNamed() {
    Path file = dir.resolve("none").resolve("a.txt");
    var e = assertThrows(CannotWriteException.class, () -> AtomicFiles.write(file, "x"));
    assertEquals(
        "cannot write " + file + ": no such directory: " + dir.resolve("none"), e.getMessage());
  }

  @Test
  void aFileInTheWayOfADirectoryIsNamed() throws IOException {
    Path file = Files.writeString(dir.resolve("a"), "x");
    Path wanted = file.resolve("b");
    var e = assertThrows(CannotWriteException.class, () -> AtomicFiles.createDirectories(wanted));
    assertTrue(e.getMessage().startsWith("cannot write " + wanted), e.getMessage());
    assertThrows(CannotWriteException.class, () -> AtomicFiles.createDirectories(file));
    AtomicFiles.createDirectories(dir);
  }

  @Test
  void removesWhatKilledProcessesLeftOfTheSameFile() throws IOException {
    // No process can have this id: Linux allows at most 2^22.
    Path abandoned = Files.writeString(dir.resolve(".a[1].txt.99999999-1.tmp"), "half");
    Path young = Files.writeString(dir.resolve(".a[1].txt.99999998-1.tmp"), "half");
    Path alive =
        Files.writeString(
            dir.resolve(".a[1].txt." + ProcessHandle.current().pid() + "-0.tmp"), "half");
    Path other = Files.writeString(dir.resolve(".b.txt.99999999-1.tmp"), "half");
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(2)));
    for (Path file : List.of(abandoned, alive, other)) {
      Files.setLastModifiedTime(file, old);
    }
    AtomicFiles.write(dir.resolve("a[1].txt"), "whole");
    assertFalse(Files.exists(abandoned));
    assertTrue(Files.exists(young));
    assertTrue(Files.exists(alive));
    assertTrue(Files.exists(other));
  }

  @Test
  void publishesADirectoryOnce() throws IOException {
    Path made = Files.createDirectories(dir.resolve("made/inner"));
    Files.writeString(made.resolve("f"), "x");
    Path target = dir.resolve("target");
    AtomicFiles.publishDirectory(dir.resolve("made"), target);
    assertEquals("x", Files.readString(target.resolve("inner/f")));
    assertFalse(Files.exists(dir.resolve("made")));

    Path again = Files.createDirectory(dir.resolve("again"));
    var e =
        assertThrows(CannotWriteException.class, () -> AtomicFiles.publishDirectory(again, target));
    assertEquals("cannot write " + target + ": it already exists", e.getMessage());
    assertEquals("x", Files.readString(target.resolve("inner/f")));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
