package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class MemoryEstimateTest {
  private static PretrainConfig config(ModelConfig model, int imageSize) {
    PretrainConfig base = PretrainConfig.defaults();
    return base.with(model).with(base.data().toBuilder().imageSize(imageSize).build());
  }

  private static MemoryEstimate estimate(ModelConfig model, int imageSize, boolean bf16) {
    return MemoryEstimate.of(config(model, imageSize), bf16, 60_000, 3);
  }

  /** The layers of ResNet-18 with a CIFAR stem of 16 channels, written out. */
  @Test
  void slimResNet18() {
    long outputs =
        16 * 32 * 32 // stem
            + 4 * 16 * 32 * 32
            + 16 * 32 * 32 // stage 1, with a projection to be safe
            + 5 * 32 * 16 * 16
            + 5 * 64 * 8 * 8
            + 5 * 128 * 4 * 4;
    long expected = 512L * (2 * outputs + 4 * 16 * 32 * 32) * 2;
    var slim = ModelConfig.builder().width(0.25).build();
    assertEquals(expected, estimate(slim, 32, true).activations());
    assertEquals(2 * expected, estimate(slim, 32, false).activations());
  }

  /** torchvision's ResNet-50: 11.1 million convolution outputs at 224 pixels, 23.5 M parameters. */
  @Test
  void resNet50() {
    var model = ModelConfig.builder().encoder(ModelConfig.Architecture.RESNET50).build();
    NetworkSize size = NetworkSize.of(config(model, 224));
    assertEquals(11.1e6, size.outputs(), 0.02 * 11.1e6);
    double head = 2048 * 2048 + 2048 * 128;
    assertEquals(23.508e6, size.parameters() - head, 0.01 * 23.508e6);
    assertEquals(2048, size.featureDim());
  }

  /** Against the exact number of parameters, which batch norm adds a little to. */
  @Test
  void selectiveKernelsAndResNetD() {
    var model =
        ModelConfig.builder()
            .encoder(ModelConfig.Architecture.RESNET152)
            .width(3)
            .resnetD(true)
            .skRatio(0.0625)
            .build();
    NetworkSize size = NetworkSize.of(config(model, 224));
    double head = 6144.0 * 6144 + 6144 * 128;
    assertEquals(794.704e6, size.parameters() - head, 0.002 * 794.704e6);
  }

  /** The chunk sets the activations; views, the batch's memory. */
  @Test
  void chunksAndViews() {
    PretrainConfig base = config(ModelConfig.defaults(), 32);
    PretrainConfig large = base.with(TrainConfig.builder().batch(4096).chunk(128).build());
    PretrainConfig small = base.with(TrainConfig.builder().batch(128).build());
    MemoryEstimate divided = MemoryEstimate.of(large, false, 0, 3);
    MemoryEstimate whole = MemoryEstimate.of(small, false, 0, 3);
    assertEquals(whole.activations(), divided.activations());
    assertEquals(32 * whole.batches(), divided.batches());
    assertEquals(4L * 8192 * 128 * 4, divided.loss());
    PretrainConfig queue = large.with(LossConfig.builder().queue(1000).build());
    assertEquals(
        divided.loss() + 2L * 1000 * 128 * 4, MemoryEstimate.of(queue, false, 0, 3).loss());
    PretrainConfig four = small.with(base.augment().toBuilder().views(4).build());
    MemoryEstimate views = MemoryEstimate.of(four, false, 0, 3);
    assertEquals(2 * whole.activations(), views.activations());
  }

  /** Without a head the loss sees h, and the probe has h twice. */
  @Test
  void withoutAHeadZIsAsWideAsH() {
    PretrainConfig config = config(ModelConfig.defaults(), 32);
    PretrainConfig none = config.with(config.head().toBuilder().layers(0).out(128).build());
    MemoryEstimate estimate = MemoryEstimate.of(none, false, 0, 3);
    long views = 2L * config.train().batch();
    assertEquals(4 * views * 512 * 4, estimate.loss());
    PretrainConfig probed = none.with(none.eval().toBuilder().probe(true).build());
    PretrainConfig unprobed = none.with(none.eval().toBuilder().probe(false).build());
    assertEquals(
        views * (512 + 512) * 4,
        MemoryEstimate.of(probed, false, 0, 3).batches()
            - MemoryEstimate.of(unprobed, false, 0, 3).batches());
  }

  @Test
  void partsAddUp() {
    var e = new MemoryEstimate(100 << 20, 10 << 20, 20 << 20, 30 << 20, 500 << 20);
    assertEquals(530L << 20, e.peakBytes());
    assertEquals(
        "530 MiB beside the JVM and libtorch (weights 10, batches 20; in training activations 100 and"
            + " loss 30, in evaluation features 500)",
        e.toString());
    assertTrue(estimate(ModelConfig.defaults(), 32, true).batches() > 0);
  }
}
