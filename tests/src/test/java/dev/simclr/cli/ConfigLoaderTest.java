package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.train.DataConfig;
import dev.simclr.train.LossConfig;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.ViewSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
  static final List<String> RECIPES = Recipes.NAMES;

  @TempDir Path dir;

  private static PretrainConfig overrides(String... assignments) {
    return ConfigLoader.resolve(Optional.empty(), Optional.empty(), List.of(assignments));
  }

  private PretrainConfig file(String yaml) throws IOException {
    Path file = dir.resolve("config.yaml");
    Files.writeString(file, yaml);
    return ConfigLoader.resolve(Optional.empty(), Optional.of(file), List.of());
  }

  @Test
  void noLayersGiveTheDefaults() {
    assertEquals(PretrainConfig.defaults(), overrides());
  }

  @ParameterizedTest
  @FieldSource("RECIPES")
  void aRecipeResolvesAndItsResolvedFormReadsBackEqual(String recipe) throws IOException {
    PretrainConfig config = ConfigLoader.resolve(Optional.of(recipe), Optional.empty(), List.of());
    assertEquals(config, file(ConfigLoader.toYaml(config)));
    assertTrue(Recipes.description(recipe).length() > 20, Recipes.description(recipe));
  }

  @Test
  void laterLayersWin() throws IOException {
    Path file = dir.resolve("mine.yaml");
    Files.writeString(
        file, "train: {epochs: 7, batch: 64}\naugment: {mean: [0.5, 0.5, 0.5], std: [1, 1, 1]}");
    PretrainConfig config =
        ConfigLoader.resolve(
            Optional.of("cifar10-slim"),
            Optional.of(file),
            List.of("train.batch=32", "data.root=/some/where", "optim.lr=5e-2"));
    assertEquals(7, config.train().epochs());
    assertEquals(32, config.train().batch());
    assertEquals(0.05, config.optim().lr());
    assertEquals(0.25, config.model().width());
    assertEquals(Optional.of(Path.of("/some/where")), config.data().root());
    assertEquals(Optional.of(List.of(0.5, 0.5, 0.5)), config.augment().mean());
    assertEquals(DataConfig.Source.CIFAR10, config.data().source());
  }

  @Test
  void theLabelsOfTheLossAreASetting() {
    PretrainConfig config = overrides("loss.objective=sup-con", "loss.labels=class");
    assertEquals(LossConfig.Labels.CLASS, config.loss().labels());
    assertEquals(LossConfig.Labels.IMAGE, overrides("loss.objective=sup-con").loss().labels());
    ConfigException e = assertThrows(ConfigException.class, () -> overrides("loss.labels=class"));
    assertEquals(
        "loss.labels is class; allowed: image with loss.objective nt-xent, class with sup-con",
        e.getMessage());
  }

  /** YAML would make a number of them, and of that another name. */
  @ParameterizedTest
  @ValueSource(strings = {"007", "2024", "1_000", "1.50", "true", "0x10"})
  void aPathThatLooksLikeAnotherValueIsTakenAsWritten(String path) {
    PretrainConfig config = overrides("data.root=" + path, "data.train=" + path);
    assertEquals(Optional.of(Path.of(path)), config.data().root());
    assertEquals(Optional.of(path), config.data().train());
  }

  @Test
  void anEmptyPathIsNotTheWorkingDirectory() {
    ConfigException e = assertThrows(ConfigException.class, () -> overrides("data.root="));
    assertEquals("data.root is empty; allowed: a path", e.getMessage());
  }

  @Test
  void pathsThatLookLikeNumbersAreSavedAsText() throws IOException {
    PretrainConfig config = overrides("data.root=007", "data.train=1.50");
    assertEquals(Optional.of(Path.of("007")), config.data().root());
    // Paths are saved as absolute ones.
    PretrainConfig absolute =
        overrides("data.root=" + Path.of("007").toAbsolutePath(), "data.train=1.50");
    assertEquals(absolute, file(ConfigLoader.toYaml(config)));
    assertEquals(Optional.of(Path.of("007")), file("data: {root: 007}").data().root());
    ConfigException e = assertThrows(ConfigException.class, () -> file("data: {root: 7}"));
    assertEquals(
        dir.resolve("config.yaml")
            + ": data.root must be text or a list, found 7 (write text in quotes)",
        e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train.epoch=5              | unknown key train.epoch in the command line; did you mean train.epochs?
          trian.epochs=5             | unknown key trian.epochs in the command line; did you mean train.epochs?
          loss.temp=0.1              | unknown key loss.temp in the command line; did you mean loss.temperature?
          loss.ta=0.1                | unknown key loss.ta in the command line; did you mean loss.beta?
          temperature=1              | unknown key temperature in the command line; did you mean loss.temperature?
          train=5                    | train is a section; set one of its keys: train.KEY=VALUE
          train.epochs               | expected key=value, got 'train.epochs'
          train.epochs=many          | the command line: train.epochs must be a whole number, found "many"
          train.epochs=3.7           | the command line: train.epochs must be a whole number, found 3.7
          train.deterministic=yes    | the command line: train.deterministic must be true or false, found "yes" (write true or false)
          optim.lr=-1                | optim.lr is -1.0; allowed: 0 to 1000000
          optim.lr=nan               | optim.lr is NaN; allowed: 0 to 1000000
          loss.temperature=.inf      | loss.temperature is Infinity; allowed: 0.001 to 100
          optim.name=sdg             | optim.name is sdg; allowed: sgd, lars, adamw
          train.epochs=0             | train.epochs is 0; allowed: 1 to 1000000
          augment.order=[gray,blurr] | augment.order is blurr; allowed: color, gray, blur, solarize, equalize, cutout, rotation, sobel, noise, crop
          augment.order=gray         | the command line: augment.order must be a list, found "gray"
          augment.crop=0.5           | unknown key augment.crop in the command line; did you mean augment.crop_max?
          augment.all.blur=0.5       | unknown key augment.all.blur in the command line; did you mean augment.blur?
          augment.view_2=5           | augment.view_2 is a section; set one of its keys: augment.view_2.KEY=VALUE
          augment.view_2.blurr=1     | unknown key augment.view_2.blurr in the command line; did you mean augment.view_2.blur?
          augment.view_2.blur=much   | the command line: augment.view_2.blur must be a number, found "much"
          augment.view_2.blur=3      | augment.view_2.blur is 3.0; allowed: 0 to 1
          augment.view_2.pipeline=id | augment.view_2.pipeline is id; allowed: random, identity
          augment.view_2.views=3     | unknown key augment.view_2.views in the command line; did you mean augment.views?
          augment.view_0.blur=1      | unknown key augment.view_0.blur in the command line; did you mean augment.blur?
          augment.view_3.blur=0.5    | augment.view_3 is set, but augment.views is 2
          augment.semantics=tf       | augment.semantics is tf; allowed: torchvision, google
          augment.mean=1             | augment.mean is 1; allowed: a list, such as [a, b]
          augment.mean=[1,a,3]       | augment.mean is a; allowed: numbers
          augment.order=null         | augment.order is null; allowed: a list, such as [a, b]
          data.root=[a]              | data.root is ["a"]; allowed: a path
          data.train=[a]             | data.train is ["a"]; allowed: text
          train.batch=3000000000     | train.batch is 3000000000; allowed: whole numbers of at most 2147483647 in magnitude
          train.seed=99999999999999999999 | train.seed is 99999999999999999999; allowed: whole numbers of at most 9223372036854775807 in magnitude
          augment.interpolation=area | augment.interpolation is area; allowed: bilinear, bicubic, bicubic-tensorflow
          """)
  void aWrongOverrideIsOneClearLine(String assignment, String message) {
    ConfigException e = assertThrows(ConfigException.class, () -> overrides(assignment));
    assertEquals(message, e.getMessage());
  }

  @Test
  void sectionsOfViewsSayWhatDiffers() throws IOException {
    PretrainConfig config =
        file(
            """
            augment:
              semantics: google
              views: 3
              order: [color, gray, blur, solarize]
              blur: 1
              view_2: {blur: 0.1, solarize: 0.2}
              view_3: {pipeline: identity}
            """);
    ViewSettings all = config.augment().all();
    assertEquals(1, all.gaussianBlur().blur());
    assertEquals(all.toBuilder().blur(0.1).solarize(0.2).build(), config.augment().viewAt(1));
    assertEquals(
        all.toBuilder().pipeline(ViewSettings.Pipeline.IDENTITY).build(),
        config.augment().viewAt(2));
    assertEquals(all, config.augment().viewAt(0));
    assertEquals(List.of(2, 3), List.copyOf(config.augment().view().keySet()));

    String yaml = ConfigLoader.toYaml(config);
    assertTrue(yaml.contains("\n  view_2:\n    blur: 0.1\n    solarize: 0.2\n"), yaml);
    assertEquals(config, file(yaml));
    assertEquals(List.of(), ConfigLoader.differences(config, file(yaml)));
    // The value of all views at the end counts, wherever it is set.
    PretrainConfig later =
        ConfigLoader.resolve(
            Optional.empty(),
            Optional.empty(),
            List.of("augment.view_2.blur=0.25", "augment.gray=0.5"));
    assertEquals(0.5, later.augment().viewAt(1).gray());
    assertEquals(0.25, later.augment().viewAt(1).gaussianBlur().blur());
    assertEquals(
        List.of("augment.gray (0.5, not 0.2)", "augment.view_2.blur (0.25, not null)"),
        ConfigLoader.differences(later, overrides()));
  }

  /** What a layer set as 1 may become 0.5 in the next. */
  @Test
  void aWholeNumberInOneLayerMayBeAFractionInTheNext() {
    PretrainConfig config = overrides("model.width=1", "model.width=0.5");
    assertEquals(0.5, config.model().width());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train: {epochs: 5          | line 1: not valid YAML
          train: {epochs: 1, epochs: 2} | Duplicate
          train: &a {epochs: 5}      | line 1: anchors (&name) are not supported
          train: !!map {epochs: 5}   | line 1: tags (!name) are not supported
          just text                  | expected keys and values, found a single value
          train: 5                   | train is a section with keys of its own
          trane: {epochs: 5}         | unknown key trane
          """)
  void aWrongFileIsOneClearLine(String yaml, String message) {
    ConfigException e = assertThrows(ConfigException.class, () -> file(yaml));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().startsWith(dir.toString()) || e.getMessage().contains("config.yaml"));
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void aMissingFileAndAMissingRecipeAreNamed() {
    Path missing = dir.resolve("none.yaml");
    ConfigException noFile =
        assertThrows(
            ConfigException.class,
            () -> ConfigLoader.resolve(Optional.empty(), Optional.of(missing), List.of()));
    assertEquals("configuration file " + missing + " does not exist", noFile.getMessage());
    ConfigException noRecipe =
        assertThrows(
            ConfigException.class,
            () -> ConfigLoader.resolve(Optional.of("cifar-slim"), Optional.empty(), List.of()));
    assertEquals(
        "there is no recipe cifar-slim; did you mean cifar10-slim? (simclr recipes lists them)",
        noRecipe.getMessage());
  }
}
