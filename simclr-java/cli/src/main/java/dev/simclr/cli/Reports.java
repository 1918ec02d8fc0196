package dev.simclr.cli;

import dev.simclr.eval.ClassificationReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** A classification report for people and for JSON. */
final class Reports {
  private static final int SHOWN = 12;
  private static final int EXTREMES = 5;

  private Reports() {}

  /** Returns accuracy per class and the confusion matrix, rows by class. */
  static Map<String, Object> facts(ClassificationReport report) {
    int classes = report.classNames().size();
    Map<String, Object> perClass = new LinkedHashMap<>();
    List<List<Integer>> confusion = new ArrayList<>();
    for (int c = 0; c < classes; c++) {
      int label = c;
      if (report.count(c) > 0) {
        perClass.put(report.classNames().get(c), report.classAccuracy(c));
      }
      confusion.add(IntStream.range(0, classes).mapToObj(p -> report.count(label, p)).toList());
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("per_class", perClass);
    facts.put("confusion", confusion);
    return facts;
  }

  /** Prints the confusion matrix of few classes, or the best and worst of many. */
  static void print(ClassificationReport report, Console console) {
    if (report.classNames().size() <= SHOWN) {
      printMatrix(report, console);
    } else {
      printExtremes(report, console);
    }
  }

  private static void printMatrix(ClassificationReport report, Console console) {
    int classes = report.classNames().size();
    int nameWidth = report.classNames().stream().mapToInt(String::length).max().orElseThrow();
    int width = 1;
    for (int c = 0; c < classes; c++) {
      for (int p = 0; p < classes; p++) {
        width = Math.max(width, Integer.toString(report.count(c, p)).length());
      }
    }
    console.fact("classes", "accuracy, then images by predicted class in the same order");
    for (int c = 0; c < classes; c++) {
      StringBuilder line = new StringBuilder();
      line.append(String.format("%-" + nameWidth + "s ", report.classNames().get(c)));
      line.append(percent(report, c));
      for (int p = 0; p < classes; p++) {
        line.append(String.format(" %" + width + "d", report.count(c, p)));
      }
      console.fact("", line.toString());
    }
  }

  private static void printExtremes(ClassificationReport report, Console console) {
    List<Integer> ranked =
        IntStream.range(0, report.classNames().size())
            .filter(c -> report.count(c) > 0)
            .boxed()
            .sorted(Comparator.comparingDouble(report::classAccuracy))
            .toList();
    int shown = Math.min(EXTREMES, ranked.size());
    console.fact("worst", names(report, ranked.subList(0, shown)));
    console.fact(
        "best", names(report, ranked.subList(ranked.size() - shown, ranked.size()).reversed()));
  }

  private static String names(ClassificationReport report, List<Integer> classes) {
    return String.join(
        ", ",
        classes.stream()
            .map(c -> report.classNames().get(c) + " " + percent(report, c).strip())
            .toList());
  }

  private static String percent(ClassificationReport report, int c) {
    return report.count(c) == 0
        ? String.format("%8s", "-")
        : String.format(Locale.ROOT, "%6.2f %%", 100 * report.classAccuracy(c));
  }
}
