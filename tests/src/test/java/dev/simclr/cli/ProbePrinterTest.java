package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.simclr.eval.LambdaSearch;
import dev.simclr.eval.Lbfgs;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is printed while a linear classifier is fitted. */
final class ProbePrinterTest {
  private static List<String> printed(int classes, Consumer<ProbePrinter> calls) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Console console =
        new Console(new PrintStream(bytes, true, StandardCharsets.UTF_8), false, false);
    calls.accept(new ProbePrinter(console, classes, 300));
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void aTenthOfTheIterationsIsPrintedForGood() {
    assertEquals(
        List.of(
            "iteration 30, at most 300  objective 0.500000",
            "iteration 60, at most 300  objective 0.500000"),
        printed(
            2,
            printer -> {
              for (int i = 1; i < 90; i++) {
                printer.iterated(i, 0.5);
              }
            }));
  }

  @Test
  void someOfThePenaltiesArePrinted() {
    assertEquals(
        List.of(
            "lambda 4/45  0.01000  50.00 % of held-out images",
            "lambda 8/45  0.01000  50.00 % of held-out images"),
        printed(
            2,
            printer -> {
              for (int i = 1; i < 12; i++) {
                printer.tried(new LambdaSearch.Candidate(0.01, 0.5), i, 45);
              }
            }));
  }

  @Test
  void fewHeldOutImagesAreWarnedOf() {
    assertEquals(
        List.of("held out     2 of 1,000 training images"),
        printed(2, printer -> printer.started(2, 1000)));
    assertEquals(
        List.of(
            "held out     1 of 5 training images",
            "warning: 1 image held out for 2 classes cannot tell which lambda is best; give one with"
                + " --lambda"),
        printed(2, printer -> printer.started(1, 5)));
  }

  @Test
  void aSearchThatHasNotConvergedIsWarnedOf() {
    for (Lbfgs.Stop stop : List.of(Lbfgs.Stop.GRADIENT, Lbfgs.Stop.CHANGE)) {
      assertEquals(List.of(), printed(2, printer -> printer.ended(stop, "; more")));
    }
    assertEquals(
        List.of(
            "warning: L-BFGS has not converged in 300 iterations, so that the accuracy is that of"
                + " where it stopped; more"),
        printed(2, printer -> printer.ended(Lbfgs.Stop.ITERATIONS, "; more")));
    assertEquals(
        List.of(
            "warning: L-BFGS has not converged in the evaluations for at most 300 iterations, so"
                + " that the accuracy is that of where it stopped; more"),
        printed(2, printer -> printer.ended(Lbfgs.Stop.EVALUATIONS, "; more")));
  }
}
