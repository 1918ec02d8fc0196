package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.ChildJvm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Native handles and resident memory over 2,000 training steps, with evaluations and checkpoints.
 */
@Timeout(300)
class FlatnessTest {
  private static final int STEPS_PER_EPOCH = 50;
  private static final int WARM_UP = 600;

  /**
   * The most that resident memory may grow, in KiB per step: the slope of a line through all
   * readings after the warm-up. Not zero, since the heap of malloc grows by a megabyte or two when
   * an evaluation or a checkpoint comes at an unfavourable moment; a leaked batch would be 48 KiB.
   */
  private static final double SLOPE = 4;

  @TempDir private Path directory;

  private record Reading(long step, long handles, double kilobytes) {}

  private List<Reading> train(int epochs, String leak) throws Exception {
    // The heap is touched at once, so that what grows is outside it; the second compiler, which
    // needs memory of its own at moments of its own, stays off.
    ChildJvm.Result result =
        new ChildJvm()
            .option("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1")
            .run(
                FlatRun.class.getName(),
                directory.resolve(leak).toString(),
                Integer.toString(epochs),
                leak);
    assertEquals(0, result.status(), result.toString());
    List<String> lines = result.out().lines().toList();
    assertEquals("end 0", lines.getLast());
    List<Reading> readings = new ArrayList<>();
    for (String line : lines.subList(0, lines.size() - 1)) {
      String[] parts = line.split(" ");
      readings.add(
          new Reading(
              Long.parseLong(parts[0]), Long.parseLong(parts[1]), Double.parseDouble(parts[2])));
    }
    assertEquals(epochs * STEPS_PER_EPOCH, readings.getLast().step());
    return readings;
  }

  private static Set<Long> handles(List<Reading> readings) {
    Set<Long> counts = new TreeSet<>();
    readings.forEach(reading -> counts.add(reading.handles()));
    return counts;
  }

  /** The slope of the least-squares line, in KiB per step. */
  private static double slope(List<Reading> all, int warmUp) {
    List<Reading> readings = all.stream().filter(r -> r.step() > warmUp).toList();
    double meanStep = readings.stream().mapToLong(Reading::step).average().orElseThrow();
    double mean = readings.stream().mapToDouble(Reading::kilobytes).average().orElseThrow();
    double numerator = 0;
    double denominator = 0;
    for (Reading reading : readings) {
      numerator += (reading.step() - meanStep) * (reading.kilobytes() - mean);
      denominator += Math.pow(reading.step() - meanStep, 2);
    }
    return numerator / denominator;
  }

  @Test
  void handlesAndMemoryAreFlatOver2000Steps() throws Exception {
    List<Reading> readings = train(2000 / STEPS_PER_EPOCH, "none");
    assertEquals(1, handles(readings).size(), "live handles: " + handles(readings));
    double slope = slope(readings, WARM_UP);
    System.out.printf(
        "FlatnessTest: %.3f KiB per step, %.0f KiB at the end, %s handles%n",
        slope, readings.getLast().kilobytes(), handles(readings));
    assertTrue(slope < SLOPE, slope + " KiB per step: " + readings);
  }

  @Test
  void aPlantedLeakIsFound() throws Exception {
    List<Reading> memory = train(10, "memory");
    assertEquals(1, handles(memory).size());
    assertTrue(slope(memory, 200) > 4 * SLOPE, slope(memory, 200) + " KiB per step: " + memory);
    List<Reading> handle = train(2, "handle");
    assertEquals(handle.size(), handles(handle).size(), handles(handle).toString());
  }
}
