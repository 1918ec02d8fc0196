package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunFolderTest {
  @TempDir Path directory;

  private Path run() throws IOException {
    Path path = directory.resolve("run");
    try (var folder = RunFolder.open(path, RunFolder.Mode.NEW, Optional.empty())) {
      Files.writeString(folder.metrics(), "{}\n");
      Files.writeString(folder.checkpoints().resolve("last"), "step-000010");
    }
    return path;
  }

  private static String refusal(Path path, RunFolder.Mode mode) {
    return assertThrows(
            IllegalArgumentException.class, () -> RunFolder.open(path, mode, Optional.empty()))
        .getMessage();
  }

  @Test
  void anExistingRunIsKept() throws IOException {
    Path path = run();
    assertEquals(
        "run folder " + path + " is not empty; resume it, overwrite it or choose another",
        refusal(path, RunFolder.Mode.NEW));
    try (var folder = RunFolder.open(path, RunFolder.Mode.RESUME, Optional.empty())) {
      assertEquals("{}\n", Files.readString(folder.metrics()));
    }
  }

  @Test
  void overwriteDeletesTheRunAndNothingElse() throws IOException {
    Path path = run();
    Path notes = Files.writeString(path.resolve("notes.txt"), "mine");
    try (var folder = RunFolder.open(path, RunFolder.Mode.OVERWRITE, Optional.empty())) {
      assertFalse(Files.exists(folder.metrics()));
      assertFalse(Files.exists(folder.checkpoints().resolve("last")));
      assertTrue(Files.exists(notes));
    }
  }

  @Test
  void whereTheFirstWeightsAreFromIsNoted() {
    Path path = directory.resolve("run");
    Path source = Path.of("runs", "first");
    try (var folder = RunFolder.open(path, RunFolder.Mode.NEW, Optional.of(source))) {
      assertEquals(Optional.of(source.toAbsolutePath()), folder.initFrom());
    }
    // Enough to be a run, since nothing else need be there when a process is killed.
    RunFolder.deleteTree(path.resolve("checkpoints"));
    try (var folder = RunFolder.open(path, RunFolder.Mode.RESUME, Optional.empty())) {
      assertEquals(Optional.of(source.toAbsolutePath()), folder.initFrom());
    }
    try (var folder = RunFolder.open(path, RunFolder.Mode.OVERWRITE, Optional.empty())) {
      assertEquals(Optional.empty(), folder.initFrom());
    }
  }

  @Test
  void afolderThatIsNoRunIsNeverOverwritten() throws IOException {
    Path path = Files.createDirectory(directory.resolve("photos"));
    Path photo = Files.writeString(path.resolve("model.safetensors"), "mine");
    assertEquals(
        "run folder " + path + " is not empty and holds no run, so it is not overwritten",
        refusal(path, RunFolder.Mode.OVERWRITE));
    assertTrue(Files.exists(photo));
  }

  @Test
  void thereMustBeARunToResume() throws IOException {
    Path path = directory.resolve("none");
    assertEquals(
        "run folder " + path + " holds no run to resume", refusal(path, RunFolder.Mode.RESUME));
    assertFalse(Files.exists(path));
    Path file = Files.writeString(directory.resolve("file"), "");
    assertEquals(
        "run folder " + file + " is not a directory", refusal(file, RunFolder.Mode.RESUME));
  }

  @Test
  void twoRunsDoNotShareAFolder() throws IOException {
    Path path = run();
    try (var folder = RunFolder.open(path, RunFolder.Mode.RESUME, Optional.empty())) {
      assertEquals(path, folder.path());
      assertEquals("a run is going on in " + path, refusal(path, RunFolder.Mode.RESUME));
    }
    RunFolder.open(path, RunFolder.Mode.RESUME, Optional.empty()).close();
  }
}
