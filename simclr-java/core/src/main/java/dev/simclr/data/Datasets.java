package dev.simclr.data;

import dev.simclr.io.AtomicFiles;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Opens data sets. */
public final class Datasets {
  private static final System.Logger LOG = System.getLogger(Datasets.class.getName());

  // Part of every pack's identity: to be raised when the same source decodes to other pixels.
  private static final int DECODER_VERSION = 1;
  private static final int NAME_DIGITS = 16;

  private Datasets() {}

  /** {@code $XDG_CACHE_HOME/simclr/data}, or {@code ~/.cache/simclr/data} if that is not set. */
  public static Path defaultCacheDir() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    // The XDG specification says that a relative path must be ignored.
    Path base =
        xdg != null && xdg.startsWith("/")
            ? Path.of(xdg)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("simclr").resolve("data");
  }

  /** Opens a data set with images in their own size, see the method with options. */
  public static ImageDataset open(
      DataSource source, Split split, Path cacheDir, BadImagePolicy policy, Progress progress) {
    return open(source, split, cacheDir, policy, PackOptions.defaults(), progress);
  }

  /**
   * Opens a data set. The first time, its images are decoded into {@code
   * cacheDir/<source>-<split>-<key>.pack}; later runs map that file. The key stands for the place
   * of the source and for the options; inside is a digest of the names, sizes and modification
   * times of the source's files and the name of the JPEG decoder. A pack that is stale, incomplete
   * or damaged is logged and built anew. Two processes that build the same pack at once both
   * succeed, the last one's file stays.
   *
   * @param cacheDir where packs are kept; created if missing
   * @param policy what happens to images that cannot be decoded
   * @param progress hears how far packing has come; not called when a pack is there already
   * @throws DataException naming the file or folder, if data is missing or bad
   * @throws dev.simclr.io.CannotWriteException if the pack cannot be written
   * @throws java.util.concurrent.CancellationException if the calling thread is interrupted while
   *     packing
   */
  public static ImageDataset open(
      DataSource source,
      Split split,
      Path cacheDir,
      BadImagePolicy policy,
      PackOptions options,
      Progress progress) {
    return open(source, split, cacheDir, policy, options, JpegDecoders.system(), progress);
  }

  /** The same with a decoder of the caller's choice. */
  static ImageDataset open(
      DataSource source,
      Split split,
      Path cacheDir,
      BadImagePolicy policy,
      PackOptions options,
      JpegDecoder decoder,
      Progress progress) {
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(progress, "progress");
    String task = source.id() + " " + split.id();
    try (ImageList images = source.list(split)) {
      Path file = cacheDir.resolve(packName(source, split, options));
      byte[] identity = identity(images, options, decoder);
      PackedDataset dataset;
      if (Files.exists(file)) {
        try {
          dataset = PackedDataset.open(file, identity, decoder, options.dctScaling());
          LOG.log(Level.DEBUG, "mapped {0}", file);
          return checked(dataset, images, source.location(split), policy);
        } catch (InvalidPackException e) {
          LOG.log(Level.INFO, "building {0} anew: {1}", file, e.getMessage());
        }
      }
      AtomicFiles.createDirectories(cacheDir);
      new PackBuilder(images, "packing " + task, policy, options, decoder, progress)
          .build(file, identity);
      try {
        dataset = PackedDataset.open(file, identity, decoder, options.dctScaling());
      } catch (InvalidPackException e) {
        throw new DataException("cannot use new pack file " + file + ": " + e.getMessage(), e);
      }
      LOG.log(
          Level.INFO,
          "packed {0,choice,1#1 image|1<{0} images} of {1} into {2}",
          dataset.size(),
          task,
          file);
      return checked(dataset, images, source.location(split), policy);
    }
  }

  /**
   * Checks that a data set is large enough.
   *
   * @param purpose what the images are for, such as {@code "a batch of 256"}
   * @throws DataException naming the purpose and both numbers, if it has fewer images
   */
  public static void requireAtLeast(ImageDataset dataset, int minimum, String purpose) {
    if (dataset.size() < minimum) {
      throw new DataException(
          "%s needs at least %d images, the data set has %d"
              .formatted(purpose, minimum, dataset.size()));
    }
  }

  static String badImageMessage(String image, String reason) {
    return "bad image " + image + ": " + reason + " (data.bad_images=skip leaves such images out)";
  }

  // A pack made under "skip" lists what it left out, so "fail" is decided without decoding again.
  private static ImageDataset checked(
      PackedDataset dataset, ImageList images, String location, BadImagePolicy policy) {
    int bad = dataset.skipped().size();
    if (bad == 0) {
      return dataset;
    }
    if (policy == BadImagePolicy.FAIL) {
      BadImage first = dataset.skipped().getFirst();
      throw new DataException(badImageMessage(first.name() + " of " + location, first.reason()));
    }
    LOG.log(
        Level.WARNING,
        "{0}: {1} of {2} images left out because they cannot be decoded",
        location,
        bad,
        images.size());
    return dataset;
  }

  private static String packName(DataSource source, Split split, PackOptions options) {
    String key =
        new Sha256()
            .add(source.location(split))
            .add(options.maxShortSide())
            .add(options.storage().name())
            .finishHex()
            .substring(0, NAME_DIGITS);
    return source.id() + "-" + split.id() + "-" + key + ".pack";
  }

  private static byte[] identity(ImageList images, PackOptions options, JpegDecoder decoder) {
    DecodeLimits limits = options.limits();
    return new Sha256()
        .add(DECODER_VERSION)
        .add(images.version())
        .add(options.maxShortSide())
        .add(options.storage().name())
        .add(images.hasFiles() ? decoder.id() : "")
        .add(limits.maxSide())
        .add(limits.maxPixels())
        .add(limits.maxFileBytes())
        .finish();
  }
}
