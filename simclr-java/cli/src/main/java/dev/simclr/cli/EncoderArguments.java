package dev.simclr.cli;

import dev.simclr.embed.Encoder;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.PretrainConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which encoder is used, and on what images, as options that commands share. */
final class EncoderArguments {
  /** For {@link #resolve(Pattern)}: no other keys have an effect. */
  static final Pattern NOTHING_ELSE = Pattern.compile("(?!)");

  private static final String CONFIG = "config.yaml";
  // A folder whose name has a = can still be given as ./a=b, or by the option.
  private static final Pattern SETTING = Pattern.compile("[^=/]*=.*", Pattern.DOTALL);
  // The file of the encoder decides how the network looks and what images it takes,
  private static final Pattern USED =
      Pattern.compile(
          "data\\.(?!image_size).*|eval\\..*"
              + "|train\\.(device|threads|loader_threads|deterministic)");
  // unless it does not say so, as those of torchvision.
  private static final Pattern DESCRIBES =
      Pattern.compile(
          "model\\.(?!(init|zero_gamma)$).*|data\\.image_size|augment\\.(interpolation|mean|std)");
  // A default for these would be a guess.
  private static final List<String> NEEDED = List.of("model.encoder", "data.image_size");

  @Option(
      names = "--encoder",
      paramLabel = "PATH",
      description = "The same as the argument ENCODER.")
  private Optional<Path> encoder = Optional.empty();

  @Mixin private ConfigSources sources = new ConfigSources();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ENCODER",
      description =
          "The folder of a finished run, an encoder file that a run wrote, or one of torchvision or"
              + " timm, of which model.* settings, data.image_size, augment.mean and augment.std"
              + " say what network it is for. The run's config.yaml says where the images are,"
              + " unless the options and settings do.")
  private Optional<String> first = Optional.empty();

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "KEY=VALUE",
      description = {
        "Single settings such as train.device=cpu; for other",
        "images than the run's: data.source=folder data.root=DIR"
      })
  private List<String> others = List.of();

  /** An encoder and the configuration to use it with. */
  record Resolved(Path place, EncoderConfig encoder, PretrainConfig config) {}

  /**
   * Finds the encoder and resolves the configuration.
   *
   * @throws ConfigException if none or several encoders are given, settings that have no effect, or
   *     none that describe an encoder whose file does not
   * @throws dev.simclr.checkpoint.CheckpointException if there is no such encoder
   */
  Resolved resolve() {
    return resolve(NOTHING_ELSE);
  }

  /**
   * Finds the encoder and resolves the configuration.
   *
   * @param alsoUsed keys that have an effect besides those that always do
   */
  Resolved resolve(Pattern alsoUsed) {
    List<String> settings = settings();
    List<Path> places = places();
    if (places.isEmpty()) {
      throw new ConfigException("give the folder of a run or an encoder file");
    }
    if (places.size() > 1) {
      throw new ConfigException(
          "give one encoder, not both " + places.get(0) + " and " + places.get(1));
    }
    Path place = places.getFirst();
    boolean described = Encoder.isDescribed(place);
    if (!described) {
      requireDescription(place, settings);
    }
    PretrainConfig config = config(place, settings);
    settings.stream()
        .map(EncoderArguments::key)
        .filter(key -> !USED.matcher(key).matches() && !alsoUsed.matcher(key).matches())
        .filter(key -> described || !DESCRIBES.matcher(key).matches())
        .findFirst()
        .ifPresent(key -> {
          throw new ConfigException(
              key
                  + " has no effect on a trained encoder"
                  + (described ? ", which its file describes" : ""));
        });
    EncoderConfig encoder = described ? Encoder.describe(place) : EncoderConfig.of(config);
    return new Resolved(
        place,
        encoder,
        config.with(config.data().toBuilder().imageSize(encoder.imageSize()).build()));
  }

  private void requireDescription(Path place, List<String> settings) {
    List<String> missing =
        NEEDED.stream()
            .filter(key -> settings.stream().map(EncoderArguments::key).noneMatch(key::equals))
            .filter(key -> !sources.give(key))
            .toList();
    if (!missing.isEmpty() && Encoder.isOfOwnNetwork(place)) {
      throw new ConfigException(
          Encoder.file(place)
              + " is of a network of your own, which the command line does not know; load it in code"
              + " with Encoder.load, giving the network");
    }
    if (!missing.isEmpty()) {
      throw new ConfigException(
          Encoder.file(place)
              + " does not say what network it is for; give the settings "
              + String.join(" and ", missing)
              + ", and augment.mean and augment.std if it takes normalised pixels");
    }
  }

  /**
   * Resolves the configuration of a new network.
   *
   * @throws ConfigException if an encoder is given
   */
  PretrainConfig resolveWithoutEncoder() {
    places().stream()
        .findFirst()
        .ifPresent(place -> {
          throw new ConfigException(
              "--from-scratch starts from random weights, so give no encoder such as " + place);
        });
    return ConfigLoader.resolve(sources.recipe, sources.file, settings());
  }

  /**
   * Refuses single settings that a command has no use for.
   *
   * @param unused their keys
   * @param reason what follows "has no effect" in the message
   * @throws ConfigException naming the first such key
   */
  void refuse(Pattern unused, String reason) {
    settings().stream()
        .map(EncoderArguments::key)
        .filter(key -> unused.matcher(key).matches())
        .findFirst()
        .ifPresent(key -> {
          throw new ConfigException(key + " has no effect " + reason);
        });
  }

  private static String key(String setting) {
    return setting.substring(0, setting.indexOf('=')).strip();
  }

  private static boolean namesImages(String setting) {
    return setting.startsWith("data.") && !key(setting).equals("data.image_size");
  }

  private List<String> settings() {
    return Stream.concat(first.stream(), others.stream())
        .filter(argument -> SETTING.matcher(argument).matches())
        .toList();
  }

  private List<Path> places() {
    return Stream.concat(
            encoder.stream(),
            Stream.concat(first.stream(), others.stream())
                .filter(argument -> !SETTING.matcher(argument).matches())
                .map(Path::of))
        .toList();
  }

  private PretrainConfig config(Path place, List<String> settings) {
    if (sources.recipe.isPresent()) {
      return ConfigLoader.resolve(sources.recipe, sources.file, settings);
    }
    Path saved =
        Files.isDirectory(place)
            ? place.resolve(CONFIG)
            : place.toAbsolutePath().resolveSibling(CONFIG);
    if (Files.exists(saved)) {
      return ConfigLoader.resolveOver(saved, sources.file, settings);
    }
    if (sources.file.isEmpty() && settings.stream().noneMatch(EncoderArguments::namesImages)) {
      throw new ConfigException(
          "there is no "
              + saved
              + " to say where the images are; give --recipe NAME, --config FILE or settings such as"
              + " data.source=folder data.root=DIR");
    }
    return ConfigLoader.resolve(Optional.empty(), sources.file, settings);
  }
}
