package dev.simclr.train;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.io.AtomicFiles;
import dev.simclr.io.CannotWriteException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directory of one run.
 *
 * <pre>
 * config.yaml         the resolved configuration, if the command line started the run
 * init-from           where the first weights are from, if they are not random
 * metrics.jsonl       one line per report, see {@link MetricsFile}
 * tensorboard/        the same for TensorBoard, if the command line started the run
 * train.log           what the command line printed
 * checkpoints/        step-NNNNNN directories, and last, a file that names the newest one
 * model.safetensors   the trained encoder, with torchvision's names
 * head.safetensors    the projection head
 * summary.json        results
 * </pre>
 *
 * <p>An open folder holds a lock, so that two processes never write to one run.
 */
public final class RunFolder implements AutoCloseable {
  private static final String LOCK = ".lock";
  private static final String INIT_FROM = "init-from";

  /** What may be in a run folder; nothing else is ever deleted. */
  private static final List<String> OURS =
      List.of(
          "config.yaml",
          INIT_FROM,
          "metrics.jsonl",
          "tensorboard",
          "train.log",
          "checkpoints",
          "model.safetensors",
          "head.safetensors",
          "summary.json",
          LOCK);

  /** What an existing folder means. */
  public enum Mode {
    /** The folder must be missing or empty. */
    NEW,
    /** The folder holds a run that goes on. */
    RESUME,
    /** A run in the folder is deleted. */
    OVERWRITE
  }

  private final Path path;
  private final FileChannel lockFile;

  private RunFolder(Path path, FileChannel lockFile) {
    this.path = path;
    this.lockFile = lockFile;
  }

  /**
   * Opens a run folder and locks it.
   *
   * @param initFrom where the first weights are from, to be noted for a resume from the start
   * @throws IllegalArgumentException if the folder's content and {@code mode} do not go together,
   *     or a run is going on in it
   * @throws CannotWriteException if the folder cannot be created or written
   */
  static RunFolder open(Path path, Mode mode, Optional<Path> initFrom) {
    requireUsable(path, mode);
    AtomicFiles.createDirectories(path);
    FileChannel lock = lock(path);
    RunFolder folder = new RunFolder(path, lock);
    try {
      if (mode == Mode.OVERWRITE) {
        folder.deleteRun();
      }
      // First of all: a run that is killed at any time later must not start from other weights.
      initFrom.ifPresent(
          source -> AtomicFiles.write(path.resolve(INIT_FROM), source.toAbsolutePath() + "\n"));
      AtomicFiles.createDirectories(folder.checkpoints());
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
    return folder;
  }

  /**
   * Checks what {@link #open} would refuse, without touching anything.
   *
   * @throws IllegalArgumentException if the folder's content and {@code mode} do not go together
   */
  public static void requireUsable(Path path, Mode mode) {
    boolean exists = Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    if (exists && !Files.isDirectory(path)) {
      throw new IllegalArgumentException("run folder " + path + " is not a directory");
    }
    List<String> found = exists ? entries(path) : List.of();
    boolean run = isRun(found);
    switch (mode) {
      case NEW -> {
        if (!found.isEmpty()) {
          throw new IllegalArgumentException(
              "run folder " + path + " is not empty; resume it, overwrite it or choose another");
        }
      }
      case RESUME -> {
        if (!run) {
          throw new IllegalArgumentException("run folder " + path + " holds no run to resume");
        }
      }
      case OVERWRITE -> {
        if (!found.isEmpty() && !run) {
          throw new IllegalArgumentException(
              "run folder " + path + " is not empty and holds no run, so it is not overwritten");
        }
      }
    }
  }

  /** Returns whether a directory holds a run, finished or not. */
  public static boolean holdsRun(Path path) {
    return Files.isDirectory(path) && isRun(entries(path));
  }

  private static boolean isRun(List<String> found) {
    return Stream.of(INIT_FROM, "checkpoints", "metrics.jsonl").anyMatch(found::contains);
  }

  /** Returns the directory. */
  public Path path() {
    return path;
  }

  /** Returns where metrics are written. */
  public Path metrics() {
    return path.resolve("metrics.jsonl");
  }

  /**
   * Returns where the first weights of the run are from, or empty if they are random.
   *
   * @throws CheckpointException if the note cannot be read
   */
  Optional<Path> initFrom() {
    Path note = path.resolve(INIT_FROM);
    if (!Files.exists(note)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Path.of(Files.readString(note).stripTrailing()));
    } catch (IOException e) {
      throw new CheckpointException("cannot read " + note + ": " + e.getMessage(), e);
    }
  }

  /** Returns the directory of the checkpoints. */
  public Path checkpoints() {
    return path.resolve("checkpoints");
  }

  /** Returns where the trained encoder is written. */
  public Path encoder() {
    return path.resolve("model.safetensors");
  }

  /** Returns where the trained projection head is written. */
  public Path head() {
    return path.resolve("head.safetensors");
  }

  /** Returns where the results are written. */
  public Path summary() {
    return path.resolve("summary.json");
  }

  /** Gives up the lock. */
  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new CannotWriteException(path.resolve(LOCK), e);
    }
  }

  private static FileChannel lock(Path path) {
    Path file = path.resolve(LOCK);
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!tryLock(channel)) {
        channel.close();
        throw new IllegalArgumentException("a run is going on in " + path);
      }
      return channel;
    } catch (IOException e) {
      throw new CannotWriteException(file, e);
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      // Held by this very process.
      return false;
    }
  }

  private void deleteRun() {
    for (String name : OURS) {
      if (!name.equals(LOCK)) {
        deleteTree(path.resolve(name));
      }
    }
  }

  /** Deletes a file or directory, if it exists, without following links. */
  static void deleteTree(Path root) {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(root)) {
      paths = new ArrayList<>(walk.sorted(Comparator.reverseOrder()).toList());
      for (Path p : paths) {
        Files.delete(p);
      }
    } catch (IOException e) {
      throw new CannotWriteException(root, e);
    }
  }

  private static List<String> entries(Path directory) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path entry : stream) {
        String name = entry.getFileName().toString();
        if (!name.equals(LOCK)) {
          names.add(name);
        }
      }
    } catch (IOException e) {
      throw new CannotWriteException(directory, e);
    }
    return names;
  }
}
