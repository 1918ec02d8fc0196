package dev.simclr.io;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes files that are either complete or absent.
 *
 * <p>The content goes to a temporary file in the target's directory, is forced to the disk, renamed
 * over the target in one step, and the directory is forced to the disk too. A reader, or a machine
 * that loses power, sees the old file or the new one. On failure the temporary file is removed and
 * the old file is untouched.
 *
 * <p>Every failure is a {@link CannotWriteException}. All methods are safe to call from any thread.
 */
public final class AtomicFiles {
  private static final System.Logger LOG = System.getLogger(AtomicFiles.class.getName());
  private static final AtomicLong COUNTER = new AtomicLong();
  // ".name.<pid>-<counter>.tmp": the process id tells a file in use from one left by a killed
  // process.
  private static final Pattern TEMPORARY = Pattern.compile("\\..+\\.(\\d+)-\\d+\\.tmp");
  // Process ids are only comparable on one machine; a young file may belong to another one.
  private static final Duration ABANDONED_AFTER = Duration.ofHours(1);

  /** Produces the content of one file. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes the whole content, from position 0 of an empty channel that can also be read. The
     * channel is forced and closed by the caller.
     *
     * @throws IOException if the channel cannot be written; failures to read something else must be
     *     thrown as another type, or they would be reported as a failure to write
     */
    void writeTo(FileChannel channel) throws IOException;
  }

  private AtomicFiles() {}

  /** Creates or replaces {@code target} with what {@code content} writes. */
  public static void write(Path target, Content content) {
    removeAbandoned(target);
    Path temporary = temporaryFor(target);
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      syncDirectory(directoryOf(target));
    } catch (IOException e) {
      throw new CannotWriteException(target, e);
    } finally {
      discard(temporary);
    }
  }

  /** Creates or replaces {@code target} with {@code bytes}. */
  public static void write(Path target, byte[] bytes) {
    write(target, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  /** Creates or replaces {@code target} with {@code text} in UTF-8. */
  public static void write(Path target, String text) {
    write(target, text.getBytes(UTF_8));
  }

  /**
   * Moves a finished directory to {@code target} so that it appears there with all its files or not
   * at all. Every file in it, the directory and both parents are forced to the disk.
   *
   * @param finished a directory on the same file system as {@code target}; its files are closed
   * @param target a path that does not exist
   */
  public static void publishDirectory(Path finished, Path target) {
    try {
      syncTree(finished);
      if (Files.exists(target)) {
        throw new FileAlreadyExistsException(target.toString(), null, "it already exists");
      }
      Files.move(finished, target, StandardCopyOption.ATOMIC_MOVE);
      syncDirectory(directoryOf(target));
      if (!directoryOf(finished).equals(directoryOf(target))) {
        syncDirectory(directoryOf(finished));
      }
    } catch (IOException e) {
      throw new CannotWriteException(target, e);
    }
  }

  /** Creates {@code directory} and its missing parents. An existing directory is no error. */
  public static void createDirectories(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (FileAlreadyExistsException e) {
      IOException clear =
          new FileAlreadyExistsException(e.getFile(), null, e.getFile() + " is not a directory");
      clear.initCause(e);
      throw new CannotWriteException(directory, clear);
    } catch (IOException e) {
      throw new CannotWriteException(directory, e);
    }
  }

  /** Writes all remaining bytes of {@code buffer}, which one call of a channel need not do. */
  public static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private static void syncTree(Path directory) throws IOException {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      stream.forEach(entries::add);
    }
    for (Path entry : entries) {
      if (Files.isDirectory(entry)) {
        syncTree(entry);
      } else {
        try (FileChannel channel = FileChannel.open(entry, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
    }
    syncDirectory(directory);
  }

  // A rename is only durable once the directory that records it is.
  private static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Path directoryOf(Path path) {
    return path.toAbsolutePath().getParent();
  }

  private static Path temporaryFor(Path target) {
    if (target.getFileName() == null) {
      throw new IllegalArgumentException("target must name a file, got " + target);
    }
    String name =
        "."
            + target.getFileName()
            + "."
            + ProcessHandle.current().pid()
            + "-"
            + COUNTER.incrementAndGet()
            + ".tmp";
    return target.resolveSibling(name);
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "could not remove {0}: {1}", temporary, e.getMessage());
    }
  }

  /** Removes the temporary files for {@code target} of processes that were killed while writing. */
  private static void removeAbandoned(Path target) {
    Path directory = directoryOf(target);
    String glob = "." + escapeGlob(String.valueOf(target.getFileName())) + ".*.tmp";
    Instant limit = Instant.now().minus(ABANDONED_AFTER);
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, glob)) {
      for (Path candidate : stream) {
        Matcher name = TEMPORARY.matcher(candidate.getFileName().toString());
        if (name.matches()
            && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()
            && Files.getLastModifiedTime(candidate).toInstant().isBefore(limit)) {
          LOG.log(Level.INFO, "removing {0}, left by a process that was killed", candidate);
          Files.deleteIfExists(candidate);
        }
      }
    } catch (NoSuchFileException e) {
      // Another process removed the file first, or the directory is missing, which the write
      // reports.
      LOG.log(Level.DEBUG, "nothing to tidy in {0}", directory);
    } catch (IOException e) {
      throw new CannotWriteException(target, e);
    }
  }

  private static String escapeGlob(String name) {
    return name.replaceAll("([\\\\*?\\[\\]{}])", "\\\\$1");
  }
}
