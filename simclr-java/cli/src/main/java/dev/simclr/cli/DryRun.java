package dev.simclr.cli;

import dev.simclr.train.DataSize;
import dev.simclr.train.RunPlan;
import java.util.Locale;

/** What {@code simclr pretrain --dry-run} prints. */
final class DryRun {
  private DryRun() {}

  static void print(Console console, RunPlan plan) {
    DataSize data = plan.data();
    console.fact("data", format("%,d training and %,d test images", data.train(), data.test()));
    data.missing()
        .ifPresent(reason -> console.fact("", "as published with the data, since " + reason));
    console.fact(
        "encoder", format("%,d parameters, h of %,d", plan.encoderParameters(), plan.featureDim()));
    console.fact("head", format("%,d parameters", plan.headParameters()));
    console.fact("steps", format("%,d, %,d an epoch", plan.steps(), plan.stepsPerEpoch()));
    console.fact("warm-up", format("%,d steps", plan.warmupSteps()));
    console.fact("peak lr", format("%.4g", plan.peakLr()));
    console.fact("device", plan.device());
    console.fact("memory", "estimated peak " + plan.memory());
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
