package dev.simclr.train;

import dev.simclr.augment.AugmentSampler;
import dev.simclr.compute.ViewLoader;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.PixelReader;
import dev.simclr.torch.Cuda;
import dev.simclr.torch.Device;
import java.lang.System.Logger.Level;
import java.util.List;

/** Makes the views of training where the configuration says. */
final class TrainingViews {
  private static final System.Logger LOG = System.getLogger(Pretrainer.class.getName());

  private TrainingViews() {}

  /**
   * Starts to make views.
   *
   * @param images at least those of a step
   * @param first batches that are left out, since they were trained on before
   * @param end number of all batches
   * @throws IllegalArgumentException if a GPU is asked for that cannot make them
   */
  static ViewSource open(
      PretrainConfig config, ImageDataset images, Backend backend, long first, long end) {
    List<AugmentSampler> samplers = Augmentation.samplers(config);
    boolean bf16 = backend.precision().bf16();
    TrainConfig train = config.train();
    if (byGpu(config)) {
      requireGpu(config);
      long bytes = requireRoom(images, backend.device());
      LOG.log(
          Level.INFO,
          "views: by {0}, from {1} MiB of images in its memory, as configured",
          backend.device(),
          MemoryEstimate.mib(bytes));
      return new DeviceViews(
          images, train, samplers, Augmentation.augmenter(config, bf16), first, backend.device());
    }
    return new ViewLoader(
        () -> new ViewFiller(images, train, samplers, Augmentation.augmenter(config, bf16)),
        train.batch(),
        samplers.size(),
        Augmentation.format(config, bf16),
        first,
        end,
        backend.loaderThreads(),
        backend.device());
  }

  /** Returns whether a GPU makes them. */
  static boolean byGpu(PretrainConfig config) {
    return config.augment().device() == AugmentSettings.ViewDevice.CUDA;
  }

  /**
   * Refuses a GPU for views where none trains, or none of our code is there for it.
   *
   * @throws IllegalArgumentException if a GPU is asked for that cannot make views
   */
  static void requireGpu(PretrainConfig config) {
    if (!byGpu(config)) {
      return;
    }
    Device device = config.train().device().resolve("train.device");
    if (!device.isCuda()) {
      throw refused("and training is on " + device);
    }
    if (!Cuda.isLoaded()) {
      throw refused("and libsimclr_torch_cuda.so is not there; 'simclr doctor' says why");
    }
  }

  /**
   * Refuses a GPU for views of images that the {@code data} section would pack as JPEG.
   *
   * @throws IllegalArgumentException if a GPU is asked for, and not pixels
   */
  static void requirePixels(PretrainConfig config) {
    DataConfig data = config.data();
    // Images that are no files are pixels, whatever data.pack says.
    if (byGpu(config) && data.source().hasFiles() && data.pack() == DataConfig.Pack.JPEG) {
      throw packedAsJpeg();
    }
  }

  /**
   * Refuses a GPU for views of images that cannot be one tensor.
   *
   * @throws IllegalArgumentException if a GPU is asked for that cannot make views of these images
   */
  static void requireImages(PretrainConfig config, ImageDataset images) {
    if (byGpu(config)) {
      requirePixelsOfOneSize(images);
    }
  }

  /** Returns the bytes of the images, which must fit in the memory of the GPU now. */
  private static long requireRoom(ImageDataset images, Device device) {
    long bytes = requirePixelsOfOneSize(images);
    long free = Cuda.memoryStatistics(device).deviceFree();
    // Training needs the rest.
    if (bytes > free / 2) {
      throw refused(
          String.format(
              "and the images take %d MiB, more than half of the %d MiB that are free there",
              MemoryEstimate.mib(bytes), MemoryEstimate.mib(free)));
    }
    return bytes;
  }

  /**
   * Returns the bytes of images that can be one tensor.
   *
   * @throws IllegalArgumentException naming an image of another size, or if they are not pixels
   */
  static long requirePixelsOfOneSize(ImageDataset images) {
    PixelReader reader = images.reader();
    if (reader.decodes()) {
      throw packedAsJpeg();
    }
    int height = images.height(0);
    int width = images.width(0);
    for (int i = 1; i < images.size(); i++) {
      if (images.height(i) != height || images.width(i) != width) {
        throw refused(
            String.format(
                "and images have several sizes: %s is %dx%d, %s %dx%d",
                images.name(0), height, width, images.name(i), images.height(i), images.width(i)));
      }
    }
    return 3L * height * width * images.size();
  }

  private static IllegalArgumentException packedAsJpeg() {
    return refused("and the images are packed as JPEG; data.pack=pixels decodes them before");
  }

  private static IllegalArgumentException refused(String why) {
    return new IllegalArgumentException("augment.device is cuda, " + why + "; allowed here: cpu");
  }
}
