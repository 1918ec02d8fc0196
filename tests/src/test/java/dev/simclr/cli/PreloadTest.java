package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.simclr.testing.ChildJvm;
import java.io.IOException;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Loading libtorch while the program does something else. */
class PreloadTest {

  /** The process ends while libraries are being loaded: their destructors must not run yet. */
  @RepeatedTest(5)
  void aWrongSettingEndsTheProcessInOrder() throws IOException, InterruptedException {
    ChildJvm.Result result = new ChildJvm().run(Main.class.getName(), "pretrain", "train.epochs=0");
    assertEquals(ExitCode.USAGE.code(), result.status(), result.toString());
    assertEquals(
        "simclr: train.epochs is 0; allowed: 1 to 1000000\n", result.err(), result.toString());
  }

  @Test
  void aFailureIsTheOneOfTheFirstUse() throws IOException, InterruptedException {
    ChildJvm.Result result =
        new ChildJvm()
            .option("-Dsimclr.libtorch=/nowhere")
            .run(Main.class.getName(), "pretrain", "--recipe", "quickstart", "--dry-run");
    assertEquals(ExitCode.NATIVE.code(), result.status(), result.toString());
    assertEquals(
        "simclr: no libtorch in /nowhere (-Dsimclr.libtorch): no lib/libtorch_cpu.so",
        result.err().lines().findFirst().orElse("").split(";")[0],
        result.toString());
  }
}
