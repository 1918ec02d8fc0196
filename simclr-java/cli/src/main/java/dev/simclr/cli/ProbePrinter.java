package dev.simclr.cli;

import dev.simclr.eval.LambdaSearch;
import dev.simclr.eval.Lbfgs;
import java.util.Locale;

/**
 * Prints how a linear classifier is fitted by L-BFGS: each iteration and each penalty in the status
 * line, some for good.
 */
final class ProbePrinter implements LambdaSearch.Listener {
  private static final int LINES = 10;

  private final Console console;
  private final int classes;
  private final int iterations;

  /**
   * Prepares to print.
   *
   * @param classes number of classes
   * @param iterations that a fit may have
   */
  ProbePrinter(Console console, int classes, int iterations) {
    this.console = console;
    this.classes = classes;
    this.iterations = iterations;
  }

  @Override
  public void started(int heldOut, int all) {
    console.fact(
        "held out",
        String.format(Locale.ROOT, "%,d of %s", heldOut, Plural.of(all, "training image")));
    if (heldOut < classes) {
      console.line(
          "warning: "
              + Plural.of(heldOut, "image")
              + " held out for "
              + Plural.of(classes, "class")
              + " cannot tell which lambda is best; give one with --lambda");
    }
  }

  @Override
  public void tried(LambdaSearch.Candidate candidate, int number, int values) {
    show(
        String.format(
            Locale.ROOT,
            "lambda %d/%d  %.4g  %.2f %% of held-out images",
            number,
            values,
            candidate.lambda(),
            100 * candidate.accuracy()),
        number,
        values);
  }

  @Override
  public void iterated(int iteration, double value) {
    show(
        String.format(
            Locale.ROOT, "iteration %d, at most %d  objective %.6f", iteration, iterations, value),
        iteration,
        iterations);
  }

  /**
   * Warns if the search ended before the minimum.
   *
   * @param remedy what is added to the warning
   */
  void ended(Lbfgs.Stop stop, String remedy) {
    if (!stop.converged()) {
      String limit = Plural.of(iterations, "iteration");
      console.line(
          "warning: L-BFGS has not converged in "
              + (stop == Lbfgs.Stop.EVALUATIONS ? "the evaluations for at most " + limit : limit)
              + ", so that the accuracy is that of where it stopped"
              + remedy);
    }
  }

  private void show(String text, int number, int all) {
    if (number % Math.max(1, all / LINES) == 0) {
      console.line(text);
    } else {
      console.status(text);
    }
  }
}
