package dev.simclr.cli;

import java.awt.Color;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A small picture of values over the steps of a run. */
final class Plot {
  static final int WIDTH = 560;
  static final int HEIGHT = 340;

  /** With more points than this, marks would hide the line. */
  private static final int MOST_MARKS = 40;

  private final String title;
  private final String unit;
  private final SequencedMap<String, Curve> curves = new LinkedHashMap<>();

  /**
   * Makes an empty picture.
   *
   * @param title what the values are of
   * @param unit what stands at their axis
   */
  Plot(String title, String unit) {
    this.title = title;
    this.unit = unit;
  }

  /** Adds a value to the curve of a name; curves have the order of their first values. */
  void add(String name, long step, double value) {
    curves.computeIfAbsent(name, _ -> new Curve()).add(step, value);
  }

  /** Returns the curves with their points, as far as there are any. */
  SequencedMap<String, Curve> curves() {
    SequencedMap<String, Curve> drawn = new LinkedHashMap<>(curves);
    drawn.values().removeIf(Curve::isEmpty);
    return drawn;
  }

  /** Returns it as a PNG file. */
  byte[] png() {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("steps")
            .yAxisTitle(unit)
            .build();
    Map<String, Curve> drawn = curves();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    chart.getStyler().setLegendVisible(drawn.size() > 1);
    // Without it few ticks have all digits of a double, and others no zero before the point.
    chart.getStyler().setYAxisDecimalPattern("0.####");
    drawn.forEach((name, curve) -> {
      XYSeries series = chart.addSeries(name, curve.steps(), curve.values());
      if (curve.steps().size() > MOST_MARKS) {
        series.setMarker(SeriesMarkers.NONE);
      }
    });
    return Png.encode(BitmapEncoder.getBufferedImage(chart));
  }
}
