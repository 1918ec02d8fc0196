package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AvailableMemoryTest {
  @TempDir Path directory;
  private Path meminfo;
  private Path membership;
  private Path cgroups;

  @BeforeEach
  void files() throws IOException {
    meminfo =
        Files.writeString(
            directory.resolve("meminfo"), "MemTotal:  2000 kB\nMemAvailable:    1000 kB\n");
    membership = Files.writeString(directory.resolve("cgroup"), "0::/outer/inner\n");
    cgroups = Files.createDirectory(directory.resolve("cgroups"));
    Files.createDirectories(cgroups.resolve("outer/inner"));
  }

  private OptionalLong bytes() {
    return AvailableMemory.bytes(meminfo, membership, cgroups);
  }

  private void limit(String group, String max, long current, long inactive) throws IOException {
    Path path = cgroups.resolve(group);
    Files.writeString(path.resolve("memory.max"), max + "\n");
    Files.writeString(path.resolve("memory.current"), current + "\n");
    Files.writeString(path.resolve("memory.stat"), "anon 7\ninactive_file " + inactive + "\n");
  }

  @Test
  void withoutAContainerTheMachineCounts() {
    assertEquals(OptionalLong.of(1000 * 1024), bytes());
  }

  @Test
  void theTightestGroupCounts() throws IOException {
    limit("outer/inner", "max", 100, 0);
    limit("outer", "5000", 4000, 300);
    assertEquals(OptionalLong.of(1300), bytes());
  }

  @Test
  void unreadableFilesAreNoAnswer() throws IOException {
    Files.delete(meminfo);
    assertEquals(OptionalLong.empty(), bytes());
  }

  @Test
  void thisMachineAnswers() {
    assertTrue(AvailableMemory.bytes().orElseThrow() > 1 << 20);
  }
}
