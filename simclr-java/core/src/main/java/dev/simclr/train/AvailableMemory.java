package dev.simclr.train;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** How much memory this process may still take, within its container's limit. */
public final class AvailableMemory {
  private static final System.Logger LOG = System.getLogger(AvailableMemory.class.getName());

  private AvailableMemory() {}

  /** Returns the bytes available, or empty where the operating system does not say. */
  public static OptionalLong bytes() {
    return bytes(Path.of("/proc/meminfo"), Path.of("/proc/self/cgroup"), Path.of("/sys/fs/cgroup"));
  }

  static OptionalLong bytes(Path meminfo, Path membership, Path cgroups) {
    OptionalLong machine = machine(meminfo);
    OptionalLong container = container(membership, cgroups);
    if (machine.isEmpty() || container.isEmpty()) {
      return machine.isPresent() ? machine : container;
    }
    return OptionalLong.of(Math.min(machine.getAsLong(), container.getAsLong()));
  }

  private static OptionalLong machine(Path meminfo) {
    return lines(meminfo).stream()
        .filter(line -> line.startsWith("MemAvailable:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst();
  }

  /** Control groups version 2: the tightest limit from this process's group up to the root. */
  private static OptionalLong container(Path membership, Path cgroups) {
    OptionalLong least = OptionalLong.empty();
    for (String line : lines(membership)) {
      if (!line.startsWith("0::/")) {
        continue;
      }
      Path group = cgroups.resolve(line.substring("0::/".length())).normalize();
      while (group.startsWith(cgroups)) {
        OptionalLong room = room(group);
        if (room.isPresent()) {
          least = OptionalLong.of(Math.min(room.getAsLong(), least.orElse(Long.MAX_VALUE)));
        }
        group = group.getParent();
      }
    }
    return least;
  }

  private static OptionalLong room(Path group) {
    List<String> limit = lines(group.resolve("memory.max"));
    List<String> used = lines(group.resolve("memory.current"));
    if (limit.isEmpty() || used.isEmpty() || limit.getFirst().equals("max")) {
      return OptionalLong.empty();
    }
    // Cached file pages count as used, yet the kernel drops them when memory is needed.
    long cached =
        lines(group.resolve("memory.stat")).stream()
            .filter(line -> line.startsWith("inactive_file "))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElse(0);
    long room = Long.parseLong(limit.getFirst()) - Long.parseLong(used.getFirst()) + cached;
    return OptionalLong.of(Math.max(0, room));
  }

  private static List<String> lines(Path file) {
    if (!Files.isReadable(file)) {
      return List.of();
    }
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "cannot read {0}: {1}", file, e.getMessage());
      return List.of();
    }
  }
}
