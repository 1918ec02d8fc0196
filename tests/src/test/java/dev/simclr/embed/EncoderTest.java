package dev.simclr.embed;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.augment.EvalTransform;
import dev.simclr.augment.ViewFormat;
import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.model.ResNet;
import dev.simclr.torch.CpuAllocator;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.ModelConfig;
import dev.simclr.train.Pretrainer;
import dev.simclr.train.TinyRuns;
import dev.simclr.train.TrainConfig.DeviceChoice;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
@ExtendWith(LeakCheck.class)
final class EncoderTest {
  private static final int DIM = 32;
  // libtorch adds up in another order for another batch size.
  private static final double ATOL = 1e-5;
  private static final double RTOL = 1e-4;

  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path run;
  private final ImageDataset images = TinyRuns.testImages();

  @BeforeAll
  static void train() {
    run = shared.resolve("run");
    Pretrainer.of(TinyRuns.config())
        .folder(run)
        .trainImages(TinyRuns.trainImages())
        .testImages(TinyRuns.testImages())
        .run();
  }

  private static EncoderOptions options(int batch) {
    return EncoderOptions.builder().device(DeviceChoice.CPU).threads(1).batch(batch).build();
  }

  private static Encoder load(int batch) {
    return Encoder.load(run, options(batch));
  }

  private RgbImage image(int index) {
    return RgbImage.of(
        images.height(index),
        images.width(index),
        images.image(index).toArray(ValueLayout.JAVA_BYTE));
  }

  private List<RgbImage> allImages() {
    return IntStream.range(0, images.size()).mapToObj(this::image).toList();
  }

  /** Features by the network itself: weights, transform and forward pass put together by hand. */
  private float[][] expected(int batch) {
    EncoderConfig config = EncoderConfig.of(TinyRuns.config());
    ViewFormat format = config.format();
    EvalTransform transform = new EvalTransform(format);
    float[][] result = new float[images.size()][];
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad();
        ResNet network = config.network(99);
        SafetensorsReader reader = SafetensorsReader.open(run.resolve("model.safetensors"))) {
      reader.readAll(network.state());
      network.to(dev.simclr.torch.MemoryFormat.CHANNELS_LAST);
      network.eval();
      for (int start = 0; start < images.size(); start += batch) {
        int rows = Math.min(batch, images.size() - start);
        MemorySegment views = Arena.ofAuto().allocate(rows * format.bytes(), 64);
        for (int i = 0; i < rows; i++) {
          int index = start + i;
          transform.apply(
              images.image(index),
              images.height(index),
              images.width(index),
              views,
              i * format.bytes());
        }
        Tensor nhwc = Tensor.wrap(views, DType.FLOAT32, rows, TinyRuns.SIZE, TinyRuns.SIZE, 3);
        float[] h = network.forward(nhwc.permute(0, 3, 1, 2)).toFloatArray();
        for (int i = 0; i < rows; i++) {
          result[start + i] = java.util.Arrays.copyOfRange(h, i * DIM, (i + 1) * DIM);
        }
      }
    }
    return result;
  }

  private static void assertSameFeatures(float[] expected, float[] actual, String what) {
    assertClose(doubles(expected), doubles(actual), ATOL, RTOL, what);
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static float[] flat(float[][] rows) {
    float[] all = new float[rows.length * DIM];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, all, i * DIM, DIM);
    }
    return all;
  }

  @Test
  void describesItself() {
    try (Encoder encoder = load(16)) {
      assertEquals(DIM, encoder.featureDim());
      assertEquals(TinyRuns.SIZE, encoder.imageSize());
      assertEquals(EncoderConfig.of(TinyRuns.config()), encoder.config());
      assertEquals("cpu", encoder.device().toString());
    }
  }

  @Test
  void featuresAreThoseOfTheNetwork() {
    float[] expected = flat(expected(16));
    assertTrue(DoubleStream.of(doubles(expected)).max().orElseThrow() > 0.01, "not all zero");
    try (Encoder encoder = load(16);
        var _ = TensorScope.open()) {
      Tensor all = encoder.features(images);
      assertArrayEquals(new long[] {images.size(), DIM}, all.shape());
      // The same batches through the same kernels: the same bits.
      assertArrayEquals(expected, all.toFloatArray());
      assertArrayEquals(expected, flat(encoder.embed(allImages())));
    }
  }

  @Test
  void anImageHasTheFeaturesThatItHasInADataSet() throws IOException {
    float[][] expected = expected(images.size());
    Path file = directory.resolve("image.png");
    RgbImage image = image(3);
    var buffered =
        new java.awt.image.BufferedImage(
            image.width(), image.height(), java.awt.image.BufferedImage.TYPE_INT_RGB);
    byte[] p = image.pixels().toArray(ValueLayout.JAVA_BYTE);
    for (int i = 0; i < image.width() * image.height(); i++) {
      int rgb = (p[3 * i] & 255) << 16 | (p[3 * i + 1] & 255) << 8 | p[3 * i + 2] & 255;
      buffered.setRGB(i % image.width(), i / image.width(), rgb);
    }
    javax.imageio.ImageIO.write(buffered, "png", file.toFile());
    try (Encoder encoder = load(16)) {
      for (int i = 0; i < 8; i++) {
        assertSameFeatures(expected[i], encoder.embed(image(i)), "image " + i);
      }
      assertArrayEquals(encoder.embed(image), encoder.embed(file));
      // Other sizes are resized like those of a data set.
      assertEquals(DIM, encoder.embed(RgbImage.of(50, 70, new byte[50 * 70 * 3])).length);
      assertEquals(0, encoder.embed(List.of()).length);
    }
  }

  @Test
  void featuresGoIntoMemoryOfAnyKind() {
    float[] expected = flat(expected(16));
    try (Encoder encoder = load(16);
        Arena confined = Arena.ofConfined()) {
      float[] heap = new float[expected.length];
      encoder.features(images, MemorySegment.ofArray(heap));
      assertArrayEquals(expected, heap);
      MemorySegment own = confined.allocate(ValueLayout.JAVA_FLOAT, expected.length);
      encoder.features(images, own);
      assertArrayEquals(expected, own.toArray(ValueLayout.JAVA_FLOAT));
      MemorySegment automatic = Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, expected.length);
      encoder.features(images, automatic);
      assertArrayEquals(expected, automatic.toArray(ValueLayout.JAVA_FLOAT));
      IllegalArgumentException size =
          assertThrows(
              IllegalArgumentException.class,
              () -> encoder.features(images, MemorySegment.ofArray(new float[7])));
      assertTrue(size.getMessage().contains("28 bytes; allowed: 5120"), size.getMessage());
      assertThrows(
          IllegalArgumentException.class, () -> encoder.features(images, automatic.asReadOnly()));
    }
  }

  @Test
  void featuresComeInOrderABatchAtATime() {
    float[] expected = flat(expected(16));
    List<Long> starts = new ArrayList<>();
    float[] seen = new float[expected.length];
    try (Encoder encoder = load(16)) {
      encoder.features(
          images,
          (first, rows) -> {
            starts.add(first);
            MemorySegment.copy(
                rows, 0, MemorySegment.ofArray(seen), first * DIM * 4, rows.byteSize());
          });
      assertThrows(
          IllegalStateException.class,
          () -> encoder.features(images, (first, rows) -> encoder.embed(image(0))),
          "the compute thread would wait for itself");
      RuntimeException planted = new RuntimeException("planted");
      assertSame(
          planted,
          assertThrows(
              RuntimeException.class,
              () ->
                  encoder.features(
                      images,
                      (first, rows) -> {
                        throw planted;
                      })));
    }
    assertEquals(List.of(0L, 16L, 32L), starts);
    assertArrayEquals(expected, seen);
  }

  @Test
  void aTensorOfFeaturesNeedsAScopeOfTheCaller() throws Exception {
    try (Encoder encoder = load(16)) {
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> encoder.features(images));
      assertTrue(e.getMessage().contains("TensorScope"), e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void manyThreadsGetWhatTheyWouldGetAlone(boolean virtual) throws Exception {
    float[][] expected = expected(images.size());
    try (Encoder encoder = load(8);
        ExecutorService threads =
            virtual
                ? Executors.newVirtualThreadPerTaskExecutor()
                : Executors.newFixedThreadPool(12)) {
      List<Future<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 5 * images.size(); i++) {
        int index = i % images.size();
        results.add(threads.submit(() -> encoder.embed(image(index))));
      }
      for (int i = 0; i < results.size(); i++) {
        assertSameFeatures(expected[i % images.size()], results.get(i).get(), "call " + i);
      }
      assertTrue(encoder.passes() <= results.size(), "passes: " + encoder.passes());
    }
  }

  @Test
  void callsThatPileUpShareAForwardPass() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    float[][] expected = expected(images.size());
    try (Encoder encoder = load(16);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> blocker = blocked(encoder, threads, release);
      List<Future<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int index = i;
        results.add(threads.submit(() -> encoder.embed(image(index))));
      }
      while (encoder.waitingViews() < 40) {
        Thread.sleep(1);
      }
      assertEquals(0, encoder.passes());
      release.countDown();
      blocker.get();
      for (int i = 0; i < results.size(); i++) {
        assertSameFeatures(expected[i], results.get(i).get(), "image " + i);
      }
      // 16 + 16 + 8, where one by one it would be 40.
      assertEquals(3, encoder.passes());
    }
  }

  /** Keeps the encoder's thread busy until it is released. */
  private Future<?> blocked(Encoder encoder, ExecutorService threads, CountDownLatch release)
      throws InterruptedException {
    CountDownLatch blocked = new CountDownLatch(1);
    Future<?> running =
        threads.submit(() ->
            encoder.features(
                images,
                (first, rows) -> {
                  blocked.countDown();
                  await(release);
                }));
    blocked.await();
    return running;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void keepsTheMemoryOfItsPassesUntilItIsClosed() throws Exception {
    CpuAllocator.disable();
    try (Encoder encoder = load(16)) {
      encoder.embed(List.of(image(0), image(1)));
      assertTrue(CpuAllocator.statistics().enabled());
    }
    assertFalse(CpuAllocator.statistics().enabled());
  }

  @Test
  void closeFinishesWhatRunsAndRefusesWhatFollows() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Encoder encoder = load(16);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> running = blocked(encoder, threads, release);
      Future<float[]> accepted = threads.submit(() -> encoder.embed(image(0)));
      while (encoder.waitingViews() < 1) {
        Thread.sleep(1);
      }
      Future<?> closing = threads.submit(encoder::close);
      // Whether close has come far enough is seen by calls being refused; those that are not are
      // finished like the others.
      List<Future<float[]>> more = new ArrayList<>();
      boolean refused = false;
      while (!refused) {
        Future<float[]> next = threads.submit(() -> encoder.embed(image(1)));
        more.add(next);
        Thread.sleep(1);
        refused = next.isDone();
      }
      assertFalse(closing.isDone(), "close waits for what runs");
      release.countDown();
      running.get();
      closing.get();
      assertEquals(DIM, accepted.get().length);
      ExecutionException last = assertThrows(ExecutionException.class, () -> more.getLast().get());
      assertEquals("the encoder is closed", last.getCause().getMessage());
    }
    assertEquals(DIM, encoder.featureDim());
    assertThrows(IllegalStateException.class, () -> encoder.embed(image(0)));
    assertThrows(IllegalStateException.class, () -> encoder.embed(allImages()));
    assertThrows(IllegalStateException.class, () -> encoder.features(images, (first, rows) -> {}));
    encoder.close();
    List<Thread> left =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("simclr-"))
            .toList();
    assertEquals(List.of(), left);
  }

  @Test
  void anInterruptEndsALongCallAndIsKept() {
    try (Encoder encoder = load(1)) {
      Thread caller = Thread.currentThread();
      List<Long> seen = new ArrayList<>();
      assertThrows(
          CancellationException.class,
          () ->
              encoder.features(
                  images,
                  (first, rows) -> {
                    seen.add(first);
                    if (first == 2) {
                      caller.interrupt();
                      // The caller notices while this thread is here or in a later forward pass.
                      pause();
                    }
                  }));
      assertTrue(seen.size() >= 3 && seen.size() < images.size(), "calls: " + seen);
      assertTrue(Thread.interrupted(), "the interrupt status is set on return");
      Thread.currentThread().interrupt();
      assertEquals(DIM, encoder.embed(image(0)).length);
      assertTrue(Thread.interrupted());
    }
  }

  private static void pause() {
    try {
      Thread.sleep(200);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void badImagesAreReportedToTheirCallerAlone() throws IOException {
    Path broken = Files.writeString(directory.resolve("broken.png"), "not an image");
    try (Encoder encoder = load(16)) {
      DataException e = assertThrows(DataException.class, () -> encoder.embed(broken));
      assertTrue(e.getMessage().contains("broken.png"), e.getMessage());
      assertThrows(
          DataException.class, () -> encoder.embed(directory.resolve("there-is-none.jpg")));
      assertEquals(DIM, encoder.embed(image(0)).length);
    }
  }

  @Test
  void aMissingOrUnfinishedRunIsNamed() throws IOException {
    Path none = directory.resolve("none");
    assertFails(none, "there is no encoder file or run folder " + none);
    Path empty = Files.createDirectory(directory.resolve("empty"));
    assertFails(empty, "folder " + empty + " has no model.safetensors");
  }

  private static void assertFails(Path place, String message) {
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> Encoder.load(place, options(16)));
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  @Test
  void damagedFilesAreNamed() throws IOException {
    byte[] good = Files.readAllBytes(run.resolve("model.safetensors"));
    Path file = directory.resolve("model.safetensors");
    for (int length : new int[] {0, 7, 100, good.length / 2, good.length - 1}) {
      Files.write(file, java.util.Arrays.copyOf(good, length));
      assertFails(file, file.toString());
    }
    Files.writeString(file, "this is no safetensors file at all");
    assertFails(file, file.toString());
  }

  /** Writes the trained weights with other metadata; null takes a value away. */
  private Path rewritten(Map<String, String> changes) {
    Path file = directory.resolve("changed.safetensors");
    try (var _ = TensorScope.open();
        SafetensorsReader reader = SafetensorsReader.open(run.resolve("model.safetensors"))) {
      Map<String, Tensor> tensors = new HashMap<>();
      reader.names().forEach(name -> tensors.put(name, reader.tensor(name)));
      Map<String, String> metadata = new HashMap<>(reader.metadata());
      changes.forEach((key, value) -> {
        if (value == null) {
          metadata.remove(key);
        } else {
          metadata.put(key, value);
        }
      });
      SafetensorsWriter.write(file, tensors, metadata);
    }
    return file;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model.encoder|resnet99|metadata: model.encoder is 'resnet99'; known: resnet18",
        "model.width|wide|metadata: model.width is 'wide'",
        "model.width|-1|metadata: model.width is -1.0; allowed: 0.0625 to 8",
        "model.zero_gamma|maybe|metadata: model.zero_gamma is 'maybe'; known: false, true",
        "model.resnet_d|maybe|metadata: model.resnet_d is 'maybe'; known: false, true",
        "model.sk_ratio|0.0625|metadata: model.sk_ratio is 0.0625; allowed: 0 for resnet18",
        "data.image_size||metadata: data.image_size is missing",
        "augment.interpolation|nearest|metadata: augment.interpolation is 'nearest'",
        "augment.mean|0.5|metadata: augment.mean is '0.5'",
        "augment.mean|[0.5, 0.5, 0.5]|metadata: augment.mean and augment.std belong together",
        "model.width|0.125|tensor 'conv1.weight' has shape [4, 3, 3, 3], expected [8, 3, 3, 3]",
        "model.encoder|resnet34|made for another model: missing [",
        "model.stem|imagenet|tensor 'conv1.weight' has shape"
      })
  void metadataThatIsWrongIsNamed(String key, String value, String message) {
    Map<String, String> change = new HashMap<>();
    change.put(key, value);
    Path file = rewritten(change);
    assertFails(file, file + ": " + message);
  }

  @Test
  void everyArchitectureIsInItsMetadata() {
    ModelConfig v2 =
        ModelConfig.builder()
            .encoder(ModelConfig.Architecture.RESNET152)
            .width(3)
            .variant(ModelConfig.BlockVariant.GOOGLE)
            .resnetD(true)
            .skRatio(0.0625)
            .build();
    Map<String, String> metadata = new HashMap<>(EncoderConfig.of(v2, 224).metadata());
    assertEquals(v2, EncoderConfig.of(metadata, "a file").model());
    metadata.remove("model.resnet_d");
    metadata.remove("model.sk_ratio");
    ModelConfig earlier = v2.toBuilder().resnetD(false).skRatio(0).build();
    assertEquals(earlier, EncoderConfig.of(metadata, "a file of an earlier version").model());
  }

  @Test
  void aFileOfOtherOriginNeedsItsSettings() {
    Path plain = directory.resolve("plain.safetensors");
    EncoderConfig config =
        EncoderConfig.of(ModelConfig.builder().width(0.0625).build(), TinyRuns.SIZE);
    try (var _ = TensorScope.open();
        SafetensorsReader reader = SafetensorsReader.open(run.resolve("model.safetensors"))) {
      Map<String, Tensor> tensors = new HashMap<>();
      reader.names().forEach(name -> tensors.put(name, reader.tensor(name)));
      tensors.put("fc.weight", Tensor.ones(DType.FLOAT32, 10, DIM));
      tensors.put("fc.bias", Tensor.ones(DType.FLOAT32, 10));
      SafetensorsWriter.write(plain, tensors, Map.of());
    }
    assertFails(plain, plain + " has no metadata on its architecture");
    EncoderOptions with =
        EncoderOptions.builder()
            .device(DeviceChoice.CPU)
            .threads(1)
            .batch(16)
            .config(config)
            .build();
    try (Encoder encoder = Encoder.load(plain, with);
        Encoder own = load(16)) {
      assertArrayEquals(own.embed(image(0)), encoder.embed(image(0)));
    }
    EncoderConfig shifted = config.normalized(List.of(0.5, 0.4, 0.3), List.of(0.2, 0.2, 0.2));
    assertEquals(shifted, EncoderConfig.of(shifted.metadata(), "a file"));
    EncoderConfig wrong = EncoderConfig.of(ModelConfig.defaults(), TinyRuns.SIZE);
    EncoderOptions other = EncoderOptions.builder().device(DeviceChoice.CPU).config(wrong).build();
    assertThrows(CheckpointException.class, () -> Encoder.load(plain, other));
  }

  @Test
  void optionsOutOfRangeAreNamed() {
    assertMessage("threads is -1; allowed: 0 to 4096", EncoderOptions.builder().threads(-1));
    assertMessage("batch is 0; allowed: 1 to 65536", EncoderOptions.builder().batch(0));
    assertMessage(
        "loaderThreads is 5000; allowed: 0 to 4096", EncoderOptions.builder().loaderThreads(5000));
    assertMessage(
        "maxWait is PT-1S; allowed: PT0S to PT1M",
        EncoderOptions.builder().maxWait(Duration.ofSeconds(-1)));
  }

  private static void assertMessage(String message, EncoderOptions.Builder options) {
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, options::build).getMessage());
  }
}
