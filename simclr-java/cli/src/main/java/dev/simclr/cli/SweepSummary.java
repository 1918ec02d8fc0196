package dev.simclr.cli;

import java.awt.Color;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;

/**
 * What the runs of a sweep reached, those that differ in nothing but the seed taken together.
 *
 * @param groups in the order of their first runs
 */
record SweepSummary(List<Group> groups) {
  private static final Pattern SEED = Pattern.compile("\\s*\\btrain\\.seed=\\S+");
  private static final int WIDTH = 960;
  private static final int HEIGHT = 540;

  /**
   * Runs that differ in nothing but the seed.
   *
   * @param name what was chosen on the other axes
   * @param knn kNN accuracies of the runs that finished, in %
   * @param linear accuracies of their linear probes, in %; fewer, or none, where it was left out
   * @param probeH the same of the classifiers on h that learnt beside their encoders
   * @param probeZ the same of those on z
   * @param diverged runs whose loss became infinite or no number
   */
  record Group(
      String name,
      List<Double> knn,
      List<Double> linear,
      List<Double> probeH,
      List<Double> probeZ,
      int diverged) {
    int finished() {
      return Stream.of(knn, linear, probeH, probeZ).mapToInt(List::size).max().orElseThrow();
    }
  }

  /**
   * Takes the rows of runs together.
   *
   * @param rows by column, see {@link SweepResults}
   */
  static SweepSummary of(List<Map<String, String>> rows) {
    Map<String, List<Map<String, String>>> byName = new LinkedHashMap<>();
    for (Map<String, String> row : rows) {
      String name = SEED.matcher(row.get("name")).replaceAll("").strip();
      byName.computeIfAbsent(name.isEmpty() ? "all" : name, _ -> new ArrayList<>()).add(row);
    }
    List<Group> groups = new ArrayList<>();
    byName.forEach((name, same) ->
        groups.add(
            new Group(
                name,
                percent(same, "knn"),
                percent(same, "linear"),
                percent(same, "probe_h"),
                percent(same, "probe_z"),
                (int) same.stream().filter(r -> r.get("status").equals("diverged")).count())));
    return new SweepSummary(groups);
  }

  private static List<Double> percent(List<Map<String, String>> rows, String column) {
    return rows.stream()
        .map(row -> row.get(column))
        .filter(text -> !text.isEmpty())
        .map(text -> 100 * Double.parseDouble(text))
        .toList();
  }

  /** A row for each group: means, and the lowest and the highest value in brackets. */
  TextTable table() {
    TextTable table =
        new TextTable(
            List.of("runs", "finished", "diverged", "kNN %", "linear %", "probe h %", "probe z %"));
    groups.forEach(group ->
        table.add(
            List.of(
                group.name,
                Integer.toString(group.finished()),
                Integer.toString(group.diverged),
                text(group.knn),
                text(group.linear),
                text(group.probeH),
                text(group.probeZ))));
    return table;
  }

  private static String text(List<Double> values) {
    if (values.isEmpty()) {
      return "-";
    }
    String mean = String.format(Locale.ROOT, "%.2f", mean(values));
    return values.size() == 1
        ? mean
        : mean + String.format(Locale.ROOT, " (%.2f to %.2f)", min(values), max(values));
  }

  /**
   * Draws the mean kNN accuracy of each group; where there are several seeds, an error bar is as
   * long as the distance from the mean to the value that is farthest from it.
   *
   * @return a PNG file
   * @throws ConfigException if no run has a kNN accuracy
   */
  byte[] png() {
    List<Group> measured = groups.stream().filter(g -> !g.knn.isEmpty()).toList();
    if (measured.isEmpty()) {
      throw new ConfigException("there is nothing to draw: no run has a kNN accuracy");
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("kNN accuracy of h on the test images")
            .yAxisTitle("%")
            .build();
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setLabelsVisible(true);
    chart.getStyler().setYAxisDecimalPattern("0.##");
    chart.getStyler().setXAxisLabelRotation(measured.size() > 6 ? 60 : 0);
    chart.addSeries(
        "kNN",
        measured.stream().map(Group::name).toList(),
        measured.stream().map(g -> mean(g.knn)).toList(),
        errorBars(measured));
    return Png.encode(BitmapEncoder.getBufferedImage(chart));
  }

  /** Null, for none at all, where each group is one run. */
  private static List<Double> errorBars(List<Group> groups) {
    return groups.stream().allMatch(g -> g.knn.size() == 1)
        ? null
        : groups.stream()
            .map(g -> Math.max(max(g.knn) - mean(g.knn), mean(g.knn) - min(g.knn)))
            .toList();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(v -> v).average().orElseThrow();
  }

  private static double min(List<Double> values) {
    return values.stream().mapToDouble(v -> v).min().orElseThrow();
  }

  private static double max(List<Double> values) {
    return values.stream().mapToDouble(v -> v).max().orElseThrow();
  }
}
