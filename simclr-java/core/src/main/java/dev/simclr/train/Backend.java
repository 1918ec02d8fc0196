package dev.simclr.train;

import dev.simclr.torch.Device;
import dev.simclr.torch.Torch;
import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * What the machine gives a run: device, precision and threads.
 *
 * @param device where tensors live
 * @param precision type of convolutions and matrix products
 * @param threads threads of native operators
 * @param loaderThreads threads that make views
 */
record Backend(Device device, PrecisionChoice precision, int threads, int loaderThreads) {
  private static final System.Logger LOG = System.getLogger(Pretrainer.class.getName());

  /**
   * Chooses, logs the choice, and sets the calling thread up for it.
   *
   * @throws IllegalArgumentException if CUDA is asked for and not there
   */
  static Backend prepare(TrainConfig train) {
    int processors = Runtime.getRuntime().availableProcessors();
    Device device = train.device().resolve("train.device");
    PrecisionChoice precision =
        PrecisionChoice.of(train.precision(), !device.equals(Device.CPU), bf16Instructions());
    int threads = train.threads() == 0 ? processors : train.threads();
    int loaderThreads = train.loaderThreads() == 0 ? processors : train.loaderThreads();
    Torch.setNumThreads(threads);
    Torch.setDeterministic(train.deterministic());
    LOG.log(Level.INFO, "precision: {0}", precision.reason());
    precision.warning().ifPresent(text -> LOG.log(Level.WARNING, text));
    return new Backend(device, precision, threads, loaderThreads);
  }

  private static Optional<String> bf16Instructions() {
    var cpu = Torch.cpu();
    if (cpu.amxBf16()) {
      return Optional.of("AMX");
    }
    return cpu.avx512Bf16() ? Optional.of("AVX512-BF16") : Optional.empty();
  }
}
