package dev.simclr.cli;

import java.awt.Color;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import tools.jackson.databind.JsonNode;

/** Draws the accuracy of runs over their epochs. */
final class AccuracyFigure {
  private AccuracyFigure() {}

  /**
   * Draws a line for each run with evaluations: kNN where it was measured, else the linear probe.
   *
   * @return a PNG file
   */
  static byte[] png(List<RunReport> runs) {
    XYChart chart =
        new XYChartBuilder()
            .width(960)
            .height(600)
            .title("Accuracy of h on the test images")
            .xAxisTitle("epochs")
            .yAxisTitle("%")
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    Set<String> names = new HashSet<>();
    for (RunReport run : runs) {
      List<Double> epochs = new ArrayList<>();
      List<Double> accuracies = new ArrayList<>();
      for (JsonNode evaluation : run.evaluations()) {
        OptionalDouble knn = RunReport.number(evaluation, "knn");
        OptionalDouble accuracy = knn.isPresent() ? knn : RunReport.number(evaluation, "linear");
        accuracy.ifPresent(value -> {
          epochs.add(evaluation.path("epoch").asDouble());
          accuracies.add(100 * value);
        });
      }
      if (!epochs.isEmpty()) {
        chart.addSeries(unique(run.folder().toString(), names), epochs, accuracies);
      }
    }
    return Png.encode(BitmapEncoder.getBufferedImage(chart));
  }

  /**
   * Refuses the name of a figure that does not say that it is a PNG file.
   *
   * @throws ConfigException naming it
   */
  static void requirePng(Path file) {
    if (!String.valueOf(file.getFileName()).endsWith(".png")) {
      throw new ConfigException("--figure must be the name of a .png file, found " + file);
    }
  }

  /** The same folder may be given twice, but a chart wants names that differ. */
  private static String unique(String name, Set<String> taken) {
    String free = name;
    for (int i = 2; !taken.add(free); i++) {
      free = name + " (" + i + ")";
    }
    return free;
  }
}
