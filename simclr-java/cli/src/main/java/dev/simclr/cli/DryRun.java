package dev.simclr.cli;

import dev.simclr.data.ImageLabels;
import dev.simclr.train.DataListing;
import dev.simclr.train.DataSize;
import dev.simclr.train.FineTunePlan;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.RunPlan;
import dev.simclr.train.TrainConfig;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** What {@code --dry-run} prints of a training. */
final class DryRun {
  private DryRun() {}

  static void print(Console console, PretrainConfig config, RunPlan plan) {
    DataSize data = plan.data();
    console.fact("data", Plural.trainAndTest(data.train(), data.test()));
    missing(console, data.missing());
    console.fact(
        "encoder", format("%,d parameters, h of %,d", plan.encoderParameters(), plan.featureDim()));
    console.fact("head", format("%,d parameters", plan.headParameters()));
    LossFacts.print(console, config);
    console.fact("steps", format("%,d, %,d an epoch", plan.steps(), plan.stepsPerEpoch()));
    console.fact("warm-up", Plural.of(plan.warmupSteps(), "step"));
    console.fact("peak lr", format("%.4g", plan.peakLr()));
    console.fact("device", plan.device());
    memory(
        console,
        plan.memory().toString(),
        plan.memory().peakBytes(),
        plan.availableMemory(),
        config.train());
  }

  /**
   * Prints the images of a classifier.
   *
   * @param images training images that are used
   */
  static void print(Console console, DataListing data, int images) {
    console.fact(
        "data",
        Plural.images(
            images,
            data.train().size(),
            data.test().map(ImageLabels::size).orElse(0),
            data.train().classNames().size()));
    missing(console, data.missing());
  }

  /**
   * Prints the training of a classifier.
   *
   * @param images training images that are used
   * @param machine whether it is checked that they fit
   */
  static void print(
      Console console, DataListing data, int images, FineTunePlan plan, TrainConfig machine) {
    print(console, data, images);
    console.fact(
        "parameters", format("%,d, of which %,d are trained", plan.parameters(), plan.trained()));
    console.fact("steps", format("%,d, %,d an epoch", plan.steps(), plan.stepsPerEpoch()));
    console.fact("peak lr", format("%.4g", plan.peakLr()));
    console.fact("device", plan.device());
    memory(
        console,
        plan.memory().toString(),
        plan.memory().peakBytes(),
        plan.availableMemory(),
        machine);
  }

  private static void memory(
      Console console,
      String estimate,
      long peakBytes,
      OptionalLong available,
      TrainConfig machine) {
    console.fact("memory", "estimated peak " + estimate);
    if (available.isPresent() && peakBytes > available.getAsLong()) {
      boolean refused = machine.memoryCheck() == TrainConfig.MemoryCheck.REFUSE;
      console.fact(
          "",
          format(
              "more than the %,d MiB that are available here; with train.memory_check=%s such a"
                  + " run is %s",
              available.getAsLong() >> 20,
              machine.memoryCheck(),
              refused ? "refused" : "warned of"));
    }
  }

  private static void missing(Console console, Optional<String> reason) {
    reason.ifPresent(r -> console.fact("", "as published with the data, since " + r));
  }

  /** Says that there is nothing for {@code --json} to print. */
  static ConfigException noJson() {
    return new ConfigException("--dry-run and --json exclude each other");
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
