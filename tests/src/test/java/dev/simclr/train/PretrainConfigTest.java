package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class PretrainConfigTest {

  static Stream<Arguments> refused() {
    return Stream.of(
        bad(() -> LossConfig.builder().temperature(-0.5).build(), "loss.temperature is -0.5"),
        bad(() -> LossConfig.builder().temperature(Double.NaN).build(), "loss.temperature is NaN"),
        bad(() -> OptimConfig.builder().lr(Double.NaN).build(), "optim.lr is NaN"),
        bad(() -> OptimConfig.builder().lr(-1).build(), "optim.lr is -1.0; allowed: 0 to 1000000"),
        bad(
            () -> OptimConfig.builder().weightDecay(-1e-4).build(),
            "optim.weight_decay is -1.0E-4"),
        bad(
            () -> OptimConfig.builder().momentum(Double.POSITIVE_INFINITY).build(),
            "optim.momentum is Infinity"),
        bad(
            () -> OptimConfig.builder().beta2(1).build(),
            "optim.beta2 is 1.0; allowed: from 0 to below 1"),
        bad(() -> TrainConfig.builder().batch(1).build(), "train.batch is 1; allowed: 2 to 65536"),
        bad(
            () -> TrainConfig.builder().batch(32768).accumulate(65536).build(),
            "train.accumulate is 65536; allowed: at most 65535 with train.batch 32768, since"),
        bad(
            () ->
                PretrainConfig.defaults()
                    .with(TrainConfig.builder().batch(32768).accumulate(32768).build()),
            "train.accumulate is 32768; allowed: at most 32767 with train.batch 32768 and"
                + " augment.views 2, since a step has at most 2^31 - 1 views"),
        bad(() -> TrainConfig.builder().epochs(-3).build(), "train.epochs is -3"),
        bad(() -> HeadConfig.builder().layers(5).build(), "head.layers is 5; allowed: 0 to 4"),
        bad(() -> ModelConfig.builder().width(Double.NaN).build(), "model.width is NaN"),
        bad(
            () -> ModelConfig.builder().skRatio(0.0625).build(),
            "model.sk_ratio is 0.0625; allowed: 0 for resnet18"),
        bad(() -> DataConfig.builder().imageSize(0).build(), "data.image_size is 0"),
        bad(() -> EvalConfig.builder().knnK(0).build(), "eval.knn_k is 0"),
        bad(() -> EvalConfig.builder().knnT(0).build(), "eval.knn_t is 0"),
        bad(() -> AugmentSettings.builder().flip(1.5).build(), "augment.flip is 1.5"),
        bad(
            () -> AugmentSettings.builder().cropMin(0.5).cropMax(0.25).build(),
            "augment.crop_min is 0.5; allowed: at most augment.crop_max, which is 0.25"),
        bad(
            () -> AugmentSettings.builder().colorStrength(3).build(),
            "augment.hue x augment.color_strength is"),
        bad(
            () -> AugmentSettings.builder().mean(List.of(0.5, 0.5, 0.5)).build(),
            "augment.mean and augment.std belong together"),
        bad(
            () ->
                AugmentSettings.builder()
                    .mean(List.of(0.5, 0.5))
                    .std(List.of(0.5, 0.5, 0.5))
                    .build(),
            "augment.mean is [0.5, 0.5]; allowed: three numbers"),
        bad(
            () -> AugmentSettings.builder().views(17).build(),
            "augment.views is 17; allowed: 1 to 16"),
        bad(
            () ->
                AugmentSettings.builder().order(ViewSettings.Op.GRAY, ViewSettings.Op.GRAY).build(),
            "augment.order is [gray, gray]; allowed: each operation at most once"),
        bad(
            () -> AugmentSettings.builder().noiseMin(0.5).build(),
            "augment.noise_min is 0.5; allowed: at most augment.noise_max, which is 0.1"),
        bad(
            () ->
                AugmentSettings.builder()
                    .view(2, ViewSettings.builder().cutout(1.5).build())
                    .build(),
            "augment.view_2.cutout is 1.5; allowed: 0 to 1"),
        bad(
            () -> AugmentSettings.builder().view(3, ViewSettings.builder().build()).build(),
            "augment.view_3 is set, but augment.views is 2"),
        bad(
            () ->
                AugmentSettings.builder()
                    .semantics(AugmentSettings.Semantics.GOOGLE)
                    .cropMin(0.01)
                    .cropMax(0.05)
                    .build(),
            "augment.crop_max is 0.05; allowed: at least 0.1 with augment.semantics google"),
        bad(
            () ->
                PretrainConfig.defaults()
                    .with(TrainConfig.builder().epochs(1).build())
                    .with(OptimConfig.builder().warmupEpochs(2).build()),
            "optim.warmup_epochs is 2.0; allowed: at most train.epochs, which is 1"));
  }

  private static Arguments bad(Executable action, String message) {
    return Arguments.of(message, action);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refusesValuesThatNoRunCanUse(String message, Executable action) {
    var e = assertThrows(IllegalArgumentException.class, action);
    assertEquals(message, e.getMessage().substring(0, message.length()), e.getMessage());
  }

  @Test
  void builderStartsAtTheGivenValues() {
    var changed = TrainConfig.builder().batch(64).seed(7).logEvery(3).build();
    assertEquals(changed, changed.toBuilder().build());
    assertEquals(64, changed.toBuilder().epochs(2).build().batch());
    var augment = AugmentSettings.builder().blur(0.5).gray(0.1).ratioMin(0.9).build();
    assertEquals(augment, augment.toBuilder().build());
    var several =
        augment.toBuilder()
            .semantics(AugmentSettings.Semantics.GOOGLE)
            .views(3)
            .order(ViewSettings.Op.SOBEL, ViewSettings.Op.COLOR)
            .pipeline(ViewSettings.Pipeline.IDENTITY)
            .color(0.1)
            .colorStrength(0.2)
            .brightness(0.3)
            .contrast(0.4)
            .saturation(0.5)
            .hue(0.6)
            .solarize(0.7)
            .solarizeThreshold(0.8)
            .equalize(0.9)
            .cutout(0.11)
            .cutoutMin(0.12)
            .cutoutMax(0.13)
            .rotation(0.14)
            .sobel(0.15)
            .noise(0.16)
            .noiseMin(0.17)
            .noiseMax(0.18)
            .view(3, ViewSettings.builder().blurSigmaMax(7).build())
            .build();
    assertEquals(several, several.toBuilder().build());
    assertEquals(
        "ViewSettings[pipeline=identity, order=[sobel, color], crop=CropSettings[cropMin=0.08,"
            + " cropMax=1.0, ratioMin=0.9, ratioMax=1.3333333333333333], flip=0.5,"
            + " jitter=ColorSettings[color=0.1, colorStrength=0.2, brightness=0.3, contrast=0.4,"
            + " saturation=0.5, hue=0.6], gray=0.1, gaussianBlur=BlurSettings[blur=0.5,"
            + " blurSigmaMin=0.1, blurSigmaMax=2.0], solarisation=SolarizeSettings[solarize=0.7,"
            + " solarizeThreshold=0.8], equalize=0.9, blackSquare=CutoutSettings[cutout=0.11,"
            + " cutoutMin=0.12, cutoutMax=0.13], rotation=0.14, sobel=0.15,"
            + " gaussianNoise=NoiseSettings[noise=0.16, noiseMin=0.17, noiseMax=0.18]]",
        several.all().toString());
    assertEquals(several.all(), several.viewAt(1));
    assertEquals(7, several.viewAt(2).gaussianBlur().blurSigmaMax());
    var optim = OptimConfig.builder().lr(3).eeta(0.5).nesterov(true).build();
    assertEquals(optim, optim.toBuilder().build());
  }

  @Test
  void peakLearningRateFollowsTheRuleOfTheReference() {
    var linear = OptimConfig.builder().lr(0.3).lrBaseBatch(256).build();
    assertEquals(4.8, linear.peakLr(4096), 1e-12);
    var sqrt = linear.toBuilder().lr(0.075).lrScaling(OptimConfig.Scaling.SQRT).build();
    assertEquals(4.8, sqrt.peakLr(4096), 1e-12);
    var none = linear.toBuilder().lrScaling(OptimConfig.Scaling.NONE).build();
    assertEquals(0.3, none.peakLr(4096), 0.0);
  }

  @Test
  void theFilterFollowsTheSemanticsUnlessItIsSet() {
    var google = AugmentSettings.builder().semantics(AugmentSettings.Semantics.GOOGLE);
    assertEquals(AugmentSettings.Filter.BILINEAR, AugmentSettings.defaults().filter());
    assertEquals(AugmentSettings.Filter.BICUBIC_TENSORFLOW, google.build().filter());
    assertEquals(
        AugmentSettings.Filter.BICUBIC,
        google.interpolation(AugmentSettings.Filter.BICUBIC).build().filter());
    var config = PretrainConfig.defaults().with(google.build());
    assertEquals(AugmentSettings.Filter.BICUBIC, EncoderConfig.of(config).interpolation());
  }

  @Test
  void listsWithoutARootAreFoundFromEveryFolder() {
    DataConfig.Builder lists =
        DataConfig.builder().source(DataConfig.Source.LIST).train("a.txt").test("../b.txt");
    assertEquals(Optional.of(Path.of("a.txt").toAbsolutePath().toString()), lists.build().train());
    assertEquals(
        Optional.of(Path.of("../b.txt").toAbsolutePath().toString()), lists.build().test());
    assertEquals(Optional.of("a.txt"), lists.root(Path.of("/data")).build().train());
  }

  @Test
  void enumsAreWrittenAsInYaml() {
    assertEquals("fashion-mnist", DataConfig.Source.FASHION_MNIST.toString());
    assertEquals("bf16", TrainConfig.Precision.BF16.toString());
  }
}
