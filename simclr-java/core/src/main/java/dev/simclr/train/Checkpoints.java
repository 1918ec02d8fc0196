package dev.simclr.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.io.AtomicFiles;
import dev.simclr.io.CannotWriteException;
import dev.simclr.torch.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The checkpoints of a run: directories {@code step-NNNNNN} with {@code model.safetensors}, {@code
 * optimizer.safetensors}, {@code probe.safetensors} where one learns, {@code queue.safetensors}
 * where the loss has a queue, and {@code state.json}.
 *
 * <p>A directory appears under its name only when all of it is on the disk, and is renamed before
 * it is deleted; so whatever happens to the process, what is there under that name is whole. {@code
 * last} is a text file with the name of the newest one, for people and scripts; a resume looks at
 * the directories themselves.
 */
final class Checkpoints {
  private static final System.Logger LOG = System.getLogger(Checkpoints.class.getName());
  private static final Pattern NAME = Pattern.compile("step-(\\d{6,18})");
  private static final Pattern STRAY = Pattern.compile("\\.step-\\d+\\.(unfinished|deleted)");
  private static final String MODEL = "model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String PROBE = "probe.safetensors";
  private static final String QUEUE = "queue.safetensors";
  private static final String STATE = "state.json";

  private final Path directory;
  private final int keep;

  /** A checkpoint whose files are as they were written. */
  record Saved(Path path, CheckpointState state) {
    Path model() {
      return path.resolve(MODEL);
    }

    Path optimizer() {
      return path.resolve(OPTIMIZER);
    }

    Optional<Path> probe() {
      return file(PROBE);
    }

    Optional<Path> queue() {
      return file(QUEUE);
    }

    private Optional<Path> file(String name) {
      return state.files().containsKey(name) ? Optional.of(path.resolve(name)) : Optional.empty();
    }
  }

  /**
   * Uses a directory, and removes from it what killed processes left unfinished.
   *
   * @param directory an existing directory that no other process writes to
   * @param keep how many checkpoints stay; 0 means all
   */
  Checkpoints(Path directory, int keep) {
    this.directory = directory;
    this.keep = keep;
    for (Path stray : matching(STRAY)) {
      RunFolder.deleteTree(stray);
    }
  }

  /**
   * Saves a checkpoint and deletes those that are too many. If it fails, the earlier ones stay.
   *
   * @param probe state of the classifiers that learn beside the encoder, if there are any
   * @param queue state of the queue of the loss, if there is one
   * @return the new directory
   * @throws CannotWriteException if there is no space, or the directory cannot be written
   */
  Path save(
      CheckpointState state,
      Map<String, Tensor> model,
      Map<String, Tensor> optimizer,
      Optional<Map<String, Tensor>> probe,
      Optional<Map<String, Tensor>> queue) {
    Map<String, Map<String, Tensor>> files = new TreeMap<>();
    files.put(MODEL, model);
    files.put(OPTIMIZER, optimizer);
    probe.ifPresent(tensors -> files.put(PROBE, tensors));
    queue.ifPresent(tensors -> files.put(QUEUE, tensors));
    String name = String.format(Locale.ROOT, "step-%06d", state.step());
    Path target = directory.resolve(name);
    Path unfinished = directory.resolve("." + name + ".unfinished");
    RunFolder.deleteTree(unfinished);
    AtomicFiles.createDirectories(unfinished);
    try {
      Map<String, String> metadata = Map.of("format", "pt");
      SortedMap<String, String> digests = new TreeMap<>();
      files.forEach((file, tensors) -> {
        SafetensorsWriter.write(unfinished.resolve(file), tensors, metadata);
        digests.put(file, sha256(unfinished.resolve(file)));
      });
      AtomicFiles.write(unfinished.resolve(STATE), state.withFiles(digests).toJson());
      if (Files.exists(target)) {
        // A resumed run that stops before its first step, or one that fell back to an older
        // checkpoint because this one was damaged.
        delete(target);
      }
      AtomicFiles.publishDirectory(unfinished, target);
    } catch (RuntimeException e) {
      discard(unfinished, e);
      throw e;
    }
    AtomicFiles.write(directory.resolve("last"), name + "\n");
    deleteOldest();
    return target;
  }

  /**
   * Finds the newest checkpoint that is whole; damaged ones are reported and passed over.
   *
   * @return empty if there are none at all
   * @throws CheckpointException if there are some, and all are damaged
   */
  Optional<Saved> newest() {
    List<Path> paths = newestFirst();
    CheckpointException first = null;
    for (Path path : paths) {
      try {
        return Optional.of(open(path));
      } catch (CheckpointException e) {
        LOG.log(Level.WARNING, "checkpoint {0} is passed over: {1}", path, e.getMessage());
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
    return Optional.empty();
  }

  /**
   * Opens one checkpoint and checks its files.
   *
   * @throws CheckpointException naming what is missing or damaged
   */
  static Saved open(Path path) {
    Path stateFile = path.resolve(STATE);
    try {
      CheckpointState state =
          CheckpointState.parse(Files.readString(stateFile, UTF_8), stateFile.toString());
      for (Map.Entry<String, String> file : state.files().entrySet()) {
        Path member = path.resolve(file.getKey());
        if (!sha256(member).equals(file.getValue())) {
          throw new CheckpointException(member + " is not what was written: SHA-256 differs");
        }
      }
      return new Saved(path, state);
    } catch (IOException e) {
      throw new CheckpointException("cannot read " + stateFile + ": " + e.getMessage(), e);
    }
  }

  private void deleteOldest() {
    List<Path> paths = newestFirst();
    for (Path old :
        keep == 0 ? List.<Path>of() : paths.subList(Math.min(keep, paths.size()), paths.size())) {
      delete(old);
    }
  }

  /** Renames first: half a checkpoint must never be there under the name of a whole one. */
  private void delete(Path checkpoint) {
    Path doomed = directory.resolve("." + checkpoint.getFileName() + ".deleted");
    RunFolder.deleteTree(doomed);
    try {
      Files.move(checkpoint, doomed);
    } catch (IOException e) {
      throw new CannotWriteException(checkpoint, e);
    }
    RunFolder.deleteTree(doomed);
  }

  private static void discard(Path unfinished, RuntimeException failure) {
    try {
      RunFolder.deleteTree(unfinished);
    } catch (CannotWriteException e) {
      failure.addSuppressed(e);
    }
  }

  private List<Path> newestFirst() {
    List<Path> paths = matching(NAME);
    paths.sort(Comparator.comparingLong(Checkpoints::step).reversed());
    return paths;
  }

  private static long step(Path checkpoint) {
    return Long.parseLong(checkpoint.getFileName().toString().substring("step-".length()));
  }

  private List<Path> matching(Pattern name) {
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path path : stream) {
        if (name.matcher(path.getFileName().toString()).matches()) {
          paths.add(path);
        }
      }
    } catch (IOException e) {
      throw new CheckpointException("cannot read " + directory + ": " + e.getMessage(), e);
    }
    return paths;
  }

  private static String sha256(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream digested = new DigestInputStream(in, digest)) {
        digested.transferTo(java.io.OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new CheckpointException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
