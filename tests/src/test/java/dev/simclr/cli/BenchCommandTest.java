package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.testing.TinyFolder;
import dev.simclr.torch.LeakCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** simclr bench, as typed; what it measures is not tested, but that it measures. */
@Timeout(120)
@ExtendWith(LeakCheck.class)
final class BenchCommandTest {
  @TempDir Path dir;

  private static Outcome bench(String seconds, List<String> data) {
    return simclr(
        TinyFolder.arguments(List.of("bench", "--seconds", seconds), data, TinyFolder.training()));
  }

  private static void assertMeasured(Outcome outcome) {
    assertEquals(0, outcome.code(), outcome.err());
    for (String part : List.of("data only", "model only", "whole step")) {
      String speed = outcome.fact(part);
      assertTrue(speed.matches(part + " +[1-9][0-9,]* images/s \\(90 %.*\\)"), speed);
    }
    assertTrue(outcome.fact("limit").contains("% of the step"), outcome.out());
  }

  @Test
  void measuresOnTheUsersImages() throws IOException {
    Path images = TinyFolder.write(dir.resolve("images"), 20, 8);
    assertMeasured(bench("1", TinyFolder.data(images)));
  }

  @Test
  void measuresOnNoiseAndSaysSo() {
    Outcome outcome = bench("1", List.of("data.image_size=16"));
    assertMeasured(outcome);
    assertTrue(outcome.fact("images").contains("32 of noise, 16 x 16"), outcome.out());
  }

  @Test
  void fewerImagesThanABatchAreRefused() throws IOException {
    Path images = TinyFolder.write(dir.resolve("images"), 4, 8);
    Outcome outcome = bench("1", TinyFolder.data(images));
    assertEquals(3, outcome.code());
    assertEquals(
        "simclr: train.batch is 8, more than the number of training images, which is 4; the last"
            + " partial batch is dropped, so none would be left; give train.batch=4 or less, or"
            + " more images\n",
        outcome.err());
  }

  @Test
  void moreNoiseThanCanBeIsRefused() {
    // Four times as many are no int.
    Outcome outcome =
        simclr(
            "bench",
            "--seconds",
            "1",
            "data.image_size=32",
            "train.batch=32768",
            "train.accumulate=16384");
    assertEquals(2, outcome.code());
    assertEquals(
        "simclr: train.batch times train.accumulate is 536870912; allowed without data.root: at"
            + " most 1398101 images of noise of data.image_size 32\n",
        outcome.err());
  }

  @Test
  void noTimeIsRefused() {
    Outcome outcome = bench("0", List.of());
    assertEquals(2, outcome.code());
    assertEquals("simclr: --seconds is 0; allowed: 1 to 600\n", outcome.err());
  }
}
