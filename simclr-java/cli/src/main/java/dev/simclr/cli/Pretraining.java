package dev.simclr.cli;

import dev.simclr.io.AtomicFiles;
import dev.simclr.io.CannotWriteException;
import dev.simclr.train.Evaluation;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.PretrainResult;
import dev.simclr.train.Pretrainer;
import dev.simclr.train.RunFolder;
import dev.simclr.train.RunSummary;
import dev.simclr.train.StopToken;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.StringJoiner;
import java.util.function.Supplier;

/** One pretraining run as the command line drives it: folder, log, signals, printed results. */
final class Pretraining {
  private static final String CONFIG = "config.yaml";
  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

  private Pretraining() {}

  /**
   * Runs.
   *
   * @param name what the default run folder is called
   * @param given what was given of the configuration
   * @param resolved resolves it for a new run
   */
  static ExitCode run(
      RunOptions options, String name, ConfigOptions given, Supplier<PretrainConfig> resolved) {
    options.check();
    Console console = Console.standard(options.quiet);
    Path folder =
        options.out.orElseGet(
            () -> Path.of("runs", name + "-" + LocalDateTime.now().format(STAMP)));
    PretrainConfig config = options.resume ? resumed(folder, given) : resolved.get();
    RunFolder.Mode mode =
        options.resume
            ? RunFolder.Mode.RESUME
            : options.overwrite ? RunFolder.Mode.OVERWRITE : RunFolder.Mode.NEW;
    PretrainResult result =
        train(config, folder, mode, options.initFrom, !options.noFigures, console);
    if (result.summary().isEmpty()) {
      console.line(
          "stopped after step "
              + result.steps()
              + "; go on with: simclr pretrain --out "
              + folder
              + " --resume");
      return ExitCode.STOPPED;
    }
    return ExitCode.OK;
  }

  /**
   * Trains, and prints how it goes and what came out, to the run's log too. Signals stop it at a
   * step.
   *
   * @param figures whether TensorBoard gets pictures beside scalars
   */
  static PretrainResult train(
      PretrainConfig config,
      Path folder,
      RunFolder.Mode mode,
      Optional<Path> initFrom,
      boolean figures,
      Console console) {
    StopToken stop = new StopToken();
    try (var _ = LogLines.install(console);
        RunLog log = new RunLog(console);
        TensorBoardWriter tensorBoard = new TensorBoardWriter(config, figures);
        var _ = StopSignals.install(stop, console)) {
      Pretrainer pretrainer =
          Pretrainer.of(config)
              .folder(folder)
              .mode(mode)
              .listener(new ProgressPrinter(console, config).andThen(tensorBoard))
              .packing(new PackingPrinter(console))
              .stop(stop)
              .onFolder(path -> {
                AtomicFiles.write(
                    path.resolve(CONFIG),
                    ConfigLoader.toYaml(config).getBytes(StandardCharsets.UTF_8));
                log.open(path.resolve("train.log"));
              });
      initFrom.ifPresent(pretrainer::initFrom);
      PretrainResult result = pretrainer.run();
      result.summary().ifPresent(summary -> printSummary(console, result, summary));
      return result;
    }
  }

  /** Returns the configuration of the run; what was given besides must agree with it. */
  private static PretrainConfig resumed(Path folder, ConfigOptions given) {
    RunFolder.requireUsable(folder, RunFolder.Mode.RESUME);
    Path config = folder.resolve(CONFIG);
    PretrainConfig saved = ConfigLoader.resolveOver(config, Optional.empty(), List.of());
    // A recipe says all, and single settings only what they name.
    PretrainConfig asked = given.recipe().isPresent() ? given.resolve() : given.resolveOver(config);
    List<String> differences = ConfigLoader.differences(asked, saved);
    if (!differences.isEmpty()) {
      throw new ConfigException(
          "a resumed run keeps its configuration, but asked for is "
              + String.join(", ", differences)
              + "; leave the settings out, or start a new run with --init-from");
    }
    return saved;
  }

  private static void printSummary(Console console, PretrainResult result, RunSummary summary) {
    console.line("");
    summary.untrained().ifPresent(e -> console.fact("untrained", ProgressPrinter.accuracies(e)));
    summary
        .rawPixels()
        .ifPresent(knn ->
            console.fact("raw pixels", String.format(Locale.ROOT, "kNN %.2f %%", 100 * knn)));
    summary.last().ifPresent(e -> console.fact("final", ProgressPrinter.accuracies(e)));
    betterThanLast(summary)
        .ifPresent(e ->
            console.fact(
                "best epoch",
                e.epoch() + ": " + ProgressPrinter.accuracies(e) + " (chosen on the test images)"));
    gain(summary).ifPresent(text -> console.fact("gain", text));
    console.fact(
        "time",
        String.format(
            Locale.ROOT, "%.1f s for %s", summary.seconds(), Plural.of(summary.steps(), "step")));
    console.fact("encoder", result.encoder().toString());
  }

  /** The best evaluation, if an epoch was better than the last. */
  static Optional<Evaluation> betterThanLast(RunSummary summary) {
    return summary
        .best()
        .filter(best -> summary.last().map(last -> best.score() > last.score()).orElse(true));
  }

  /** What the final kNN accuracy is above those without training, as far as they were measured. */
  static Optional<String> gain(RunSummary summary) {
    OptionalDouble last = knn(summary.last());
    if (last.isEmpty()) {
      return Optional.empty();
    }
    StringJoiner text = new StringJoiner(", ");
    knn(summary.untrained())
        .ifPresent(
            knn -> text.add(points(last.getAsDouble() - knn) + " over the untrained network"));
    summary
        .rawPixels()
        .ifPresent(knn -> text.add(points(last.getAsDouble() - knn) + " over raw pixels"));
    return text.length() == 0 ? Optional.empty() : Optional.of("kNN " + text);
  }

  private static OptionalDouble knn(Optional<Evaluation> evaluation) {
    return evaluation.map(Evaluation::knn).orElse(OptionalDouble.empty());
  }

  private static String points(double share) {
    return String.format(Locale.ROOT, "%+.2f points", 100 * share);
  }

  /** Appends what the console prints to a file, once the run folder is there. */
  private static final class RunLog implements AutoCloseable {
    private final Console console;
    private PrintWriter writer = new PrintWriter(Writer.nullWriter());

    RunLog(Console console) {
      this.console = console;
    }

    void open(Path file) {
      try {
        writer =
            new PrintWriter(
                Files.newBufferedWriter(
                    file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
      } catch (IOException e) {
        throw new CannotWriteException(file, e);
      }
      console.attach(writer);
    }

    @Override
    public void close() {
      writer.close();
    }
  }
}
