package dev.simclr.compute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.augment.ViewFormat;
import dev.simclr.data.ImageDataset;
import dev.simclr.eval.KnnClassifier;
import dev.simclr.eval.LambdaSearch;
import dev.simclr.eval.Lbfgs;
import dev.simclr.eval.LinearProbe;
import dev.simclr.eval.LogisticRegression;
import dev.simclr.torch.CpuAllocator;
import dev.simclr.torch.CpuAllocatorStats;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.ClassifierConfig;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.FineTuneConfig;
import dev.simclr.train.FineTuner;
import dev.simclr.train.Pretrainer;
import dev.simclr.train.ProgressListener;
import dev.simclr.train.StepProgress;
import dev.simclr.train.TinyRuns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TensorCacheTest {
  private static final long MIB = 1 << 20;

  @TempDir Path directory;

  @BeforeEach
  @AfterEach
  void switchOff() {
    CpuAllocator.disable();
  }

  private static void useAndFree() {
    try (var _ = TensorScope.open()) {
      assertEquals(1, Tensor.ones(DType.UINT8, 4 * MIB).max().itemLong());
    }
  }

  @Test
  void keepsMemoryWhileItIsOpen() {
    try (var _ = TensorCache.open(Device.CPU, 8 * MIB)) {
      useAndFree();
      CpuAllocatorStats open = CpuAllocator.statistics();
      assertEquals(8 * MIB, open.cachedLimitBytes());
      assertTrue(open.cachedBytes() >= 4 * MIB, open.toString());
    }
    assertFalse(CpuAllocator.statistics().enabled());
    assertEquals(0, CpuAllocator.statistics().cachedBytes());
  }

  @Test
  void leavesAnotherChoiceAlone() {
    CpuAllocator.enable(16 * MIB);
    try (var _ = TensorCache.open(Device.CPU, 8 * MIB)) {
      useAndFree();
    }
    CpuAllocatorStats after = CpuAllocator.statistics();
    assertTrue(after.enabled());
    assertEquals(16 * MIB, after.cachedLimitBytes());
    assertTrue(after.cachedBytes() >= 4 * MIB, after.toString());
  }

  @Test
  void leavesAChoiceAloneThatIsMadeMeanwhile() {
    try (var _ = TensorCache.open(Device.CPU, 8 * MIB)) {
      CpuAllocator.enable(16 * MIB);
    }
    assertTrue(CpuAllocator.statistics().enabled());
    assertEquals(16 * MIB, CpuAllocator.statistics().cachedLimitBytes());
  }

  @Test
  void theLastOneGivesItBack() {
    TensorCache first = TensorCache.open(Device.CPU, 8 * MIB);
    TensorCache second = TensorCache.open(Device.CPU);
    assertEquals(8 * MIB, CpuAllocator.statistics().cachedLimitBytes(), "the first one's limit");
    first.close();
    first.close();
    useAndFree();
    assertTrue(CpuAllocator.statistics().cachedBytes() >= 4 * MIB, "the second one is open");
    second.close();
    assertFalse(CpuAllocator.statistics().enabled());
    try (var _ = TensorCache.open(Device.CPU)) {
      assertTrue(CpuAllocator.statistics().enabled(), "and the next one begins anew");
    }
  }

  @Test
  void gpusHaveTheirOwn() {
    try (var _ = TensorCache.open(Device.cuda(0), 8 * MIB)) {
      assertFalse(CpuAllocator.statistics().enabled());
    }
  }

  @Test
  void isOpenDuringTraining() {
    List<CpuAllocatorStats> seen = new ArrayList<>();
    Pretrainer.of(TinyRuns.config())
        .folder(directory.resolve("run"))
        .trainImages(TinyRuns.trainImages())
        .testImages(TinyRuns.testImages())
        .listener(
            new ProgressListener() {
              @Override
              public void stepped(StepProgress progress) {
                seen.add(CpuAllocator.statistics());
              }
            })
        .run();
    assertFalse(seen.isEmpty());
    assertTrue(seen.stream().allMatch(CpuAllocatorStats::enabled));
    assertTrue(seen.getFirst().cachedLimitBytes() > 0);
    assertFalse(CpuAllocator.statistics().enabled());
  }

  /** Runs work, and requires the cache to be open whenever it says so, and closed afterwards. */
  private static void requireOpen(Consumer<Runnable> work) {
    List<CpuAllocatorStats> seen = new ArrayList<>();
    work.accept(() -> seen.add(CpuAllocator.statistics()));
    assertFalse(seen.isEmpty());
    assertTrue(seen.stream().allMatch(CpuAllocatorStats::enabled));
    assertFalse(CpuAllocator.statistics().enabled());
  }

  @Test
  void isOpenDuringFineTuning() {
    try (ImageDataset train = TinyRuns.trainImages()) {
      ClassifierConfig classifier =
          ClassifierConfig.of(EncoderConfig.of(TinyRuns.config()), train.classNames());
      requireOpen(check ->
          FineTuner.of(classifier, FineTuneConfig.v1(1, TinyRuns.BATCH))
              .trainImages(train)
              .machine(TinyRuns.config().train())
              .listener(_ -> check.run())
              .run());
    }
  }

  @Test
  void isOpenWhileFeaturesAreComputed() {
    try (ImageDataset images = TinyRuns.testImages();
        var _ = TensorScope.open()) {
      Features features = new Features(ViewFormat.of(TinyRuns.SIZE), 16, Device.CPU, 1);
      requireOpen(check ->
          features.all(
              images,
              1,
              views -> {
                check.run();
                return views.mean(false, 1, 2, 3).unsqueeze(1);
              }));
    }
  }

  @Test
  void isOpenWhileLinearClassifiersAreFitted() {
    int[] labels = {0, 1, 0, 1, 0, 1, 1, 1, 0, 0};
    Lbfgs.Options options = Lbfgs.Options.iterations(3);
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new double[] {1, 2, 0, 3, 1, 4, 2, 0, 5, 1}, 10, 1);
      requireOpen(check -> LinearProbe.fit(x, labels, 2, (_, _) -> check.run()));
      requireOpen(
          check -> LogisticRegression.fit(x, labels, 2, 0.1, options, (_, _) -> check.run()));
      requireOpen(check ->
          LambdaSearch.run(
              x,
              labels,
              2,
              new double[] {0.1, 1},
              0,
              options,
              new LambdaSearch.Listener() {
                @Override
                public void started(int heldOut, int all) {}

                @Override
                public void tried(LambdaSearch.Candidate candidate, int number, int values) {
                  check.run();
                }

                @Override
                public void iterated(int iteration, double value) {}
              }));
    }
  }

  /** Large requests are counted while it is open. */
  @Test
  void isOpenWhileNeighboursVote() {
    int[] labels = new int[1024];
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, labels.length, 64);
      long before = CpuAllocator.statistics().misses();
      new KnnClassifier(1, 0.1).predict(x, labels, x.narrow(0, 0, 8));
      assertTrue(CpuAllocator.statistics().misses() > before);
      assertFalse(CpuAllocator.statistics().enabled());
    }
  }
}
