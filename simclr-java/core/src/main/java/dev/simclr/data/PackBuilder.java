package dev.simclr.data;

import dev.simclr.io.AtomicFiles;
import dev.simclr.io.CannotWriteException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;

/**
 * Decodes the images of a list on several platform threads into a pack file. Images are written as
 * they come; the tables, the fingerprint and the first failure follow the order of the list, so
 * that nothing but the place of the images in the file depends on timing.
 */
final class PackBuilder {
  private static final System.Logger LOG = System.getLogger(PackBuilder.class.getName());
  // Results are small (pixels are written by the workers), so this only bounds queued tasks.
  private static final int IN_FLIGHT = 1024;
  private static final int LOGGED_BAD_IMAGES = 20;
  private static final long REPORT_NANOS = 200_000_000;

  /** What became of one image: stored, or left out for a reason. */
  private record Outcome(Optional<PackWriter.Stored> stored, String reason) {}

  private final ImageList images;
  private final String task;
  private final BadImagePolicy policy;
  private final PackOptions options;
  private final JpegDecoder decoder;
  private final Progress progress;

  PackBuilder(
      ImageList images,
      String task,
      BadImagePolicy policy,
      PackOptions options,
      JpegDecoder decoder,
      Progress progress) {
    this.images = images;
    this.task = task;
    this.policy = policy;
    this.options = options;
    this.decoder = decoder;
    this.progress = progress;
  }

  /** Creates or replaces {@code file}. */
  void build(Path file, byte[] identity) {
    try {
      AtomicFiles.write(file, channel -> write(channel, identity));
    } catch (CannotWriteException e) {
      // An interrupt closes the channel if it comes while the pack is being written.
      if (e.getCause() instanceof ClosedByInterruptException) {
        throw cancelled(e);
      }
      throw e;
    }
  }

  private static CancellationException cancelled(Exception cause) {
    CancellationException cancelled = new CancellationException("interrupted while packing");
    cancelled.initCause(cause);
    return cancelled;
  }

  private void write(FileChannel channel, byte[] identity) throws IOException {
    PackWriter writer = new PackWriter(channel, images.classNames());
    ThreadFactory threads = Thread.ofPlatform().daemon().name("simclr-decode-", 0).factory();
    ExecutorService pool = Executors.newFixedThreadPool(options.decodingThreads(), threads);
    Deque<Future<Outcome>> inFlight = new ArrayDeque<>();
    try {
      decode(writer, pool, inFlight);
    } finally {
      // Not interrupted: an interrupt would close the channels that the workers share.
      inFlight.forEach(future -> future.cancel(false));
      pool.close();
    }
    if (writer.count() == 0) {
      throw new DataException(
          task
              + ": none of the "
              + images.size()
              + " images can be read; the first is "
              + images.describe(0)
              + ": "
              + writer.skipped().getFirst().reason());
    }
    writer.finish(identity);
  }

  private void decode(PackWriter writer, ExecutorService pool, Deque<Future<Outcome>> inFlight)
      throws IOException {
    int size = images.size();
    int submitted = 0;
    long reported = System.nanoTime();
    progress.update(task, 0, size);
    for (int i = 0; i < size; i++) {
      while (submitted < size && inFlight.size() < IN_FLIGHT) {
        int index = submitted++;
        inFlight.add(pool.submit(() -> decodeOne(writer, index)));
      }
      take(writer, i, result(inFlight.remove()));
      if (System.nanoTime() - reported >= REPORT_NANOS && i + 1 < size) {
        reported = System.nanoTime();
        progress.update(task, i + 1, size);
      }
    }
    progress.update(task, size, size);
  }

  private Outcome decodeOne(PackWriter writer, int index) throws IOException {
    try {
      return new Outcome(Optional.of(store(writer, index)), "");
    } catch (BadImageException e) {
      return new Outcome(Optional.empty(), e.getMessage());
    }
  }

  private PackWriter.Stored store(PackWriter writer, int index)
      throws BadImageException, IOException {
    String name = images.name(index);
    int label = images.label(index);
    if (!images.hasFiles()) {
      RgbImage image = limited(images.read(index, options.limits()));
      return writer.store(image, Fingerprint.ofImage(name, label, image));
    }
    byte[] file = images.file(index, options.limits());
    if (!JpegFile.matches(file)) {
      RgbImage image = limited(ImageDecoder.decode(file, options.limits(), decoder));
      return writer.store(image, Fingerprint.ofImage(name, label, image));
    }
    JpegFile jpeg = JpegFile.parse(file, options.limits());
    RgbImage image = ImageDecoder.decode(jpeg, decoder);
    if (options.storage() == PackOptions.Storage.JPEG) {
      byte[] kept = jpeg.standard();
      byte[] digest = Fingerprint.ofFile(name, label, image.height(), image.width(), kept, decoder);
      return writer.store(kept, image.height(), image.width(), digest);
    }
    image = limited(image);
    return writer.store(image, Fingerprint.ofDecodedImage(name, label, image, decoder));
  }

  private RgbImage limited(RgbImage image) {
    return options.maxShortSide() > 0
        ? Downscaler.limitShortSide(image, options.maxShortSide())
        : image;
  }

  private void take(PackWriter writer, int index, Outcome outcome) {
    if (outcome.stored().isPresent()) {
      writer.add(images.name(index), images.label(index), outcome.stored().get());
      return;
    }
    BadImage bad = new BadImage(images.name(index), outcome.reason());
    if (policy == BadImagePolicy.FAIL) {
      throw new DataException(Datasets.badImageMessage(images.describe(index), bad.reason()));
    }
    writer.skip(bad);
    int n = writer.skipped().size();
    if (n <= LOGGED_BAD_IMAGES) {
      LOG.log(Level.WARNING, "left out {0}: {1}", images.describe(index), bad.reason());
    } else if (n == LOGGED_BAD_IMAGES + 1) {
      LOG.log(Level.WARNING, "more images are left out; the data set lists them all");
    }
  }

  private static Outcome result(Future<Outcome> future) throws IOException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cancelled(e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw new IllegalStateException("decoding failed", e.getCause());
      }
    }
  }
}
