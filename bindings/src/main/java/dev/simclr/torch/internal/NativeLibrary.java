package dev.simclr.torch.internal;

import dev.simclr.torch.TorchException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Finds and loads libtorch and the shim, once for the life of the JVM.
 *
 * <p>Everything is loaded by absolute path, libtorch before the shim, so that the shim's
 * dependencies are already there and its RPATH never decides which libtorch is used. Nothing is
 * downloaded.
 */
public final class NativeLibrary {

  private static final String LIBTORCH_PROPERTY = "simclr.libtorch";
  private static final String LIBTORCH_VARIABLE = "LIBTORCH";

  /**
   * A JVM loads a native library for one class loader only, so a second copy of this class cannot
   * work. System properties are the one place that both copies see.
   */
  private static final String OWNER_PROPERTY = "dev.simclr.torch.loader";

  private static final ReentrantLock LOADING = new ReentrantLock();
  private static volatile boolean loaded;
  private static volatile TorchException failure;
  private static volatile String trace = "";

  private NativeLibrary() {}

  /**
   * Loads the native libraries unless that has happened. A failure is remembered and thrown again,
   * because libraries that have been loaded cannot be taken back. Who has to wait for another
   * thread that loads does what {@link Preload} has to do meanwhile.
   *
   * @throws TorchException of kind LIBRARY; its message lists what was tried and how to fix it
   */
  public static void load() {
    if (loaded) {
      return;
    }
    if (!LOADING.tryLock()) {
      Preload.linkMeanwhile();
      LOADING.lock();
    }
    try {
      loadOnce();
    } finally {
      LOADING.unlock();
    }
  }

  /** Whether the libraries are there, or are known not to come. */
  static boolean settled() {
    return loaded || failure != null;
  }

  /** The lock is held. */
  private static void loadOnce() {
    if (loaded) {
      return;
    }
    if (failure != null) {
      throw new TorchException(failure.kind(), failure.getMessage(), failure);
    }
    SearchTrace search = new SearchTrace();
    try {
      requireNativeAccess(search);
      load(search);
    } catch (IOException e) {
      failure = search.failure("cannot read the native library's files: " + e, e);
      throw failure;
    } catch (TorchException e) {
      failure = e;
      throw e;
    }
    trace = search.toString();
    loaded = true;
  }

  /** Loads the libraries and returns what the loader looked at and took, one step a line. */
  public static String trace() {
    load();
    return trace;
  }

  /** Asks before the generated classes do, whose initializers would fail for good. */
  static void requireNativeAccess(SearchTrace search) {
    try {
      MemorySegment.NULL.reinterpret(0);
    } catch (IllegalCallerException e) {
      Module module = NativeLibrary.class.getModule();
      throw search.failure(
          "this JVM denies native access: start it with --enable-native-access="
              + (module.isNamed() ? module.getName() : "ALL-UNNAMED"),
          e);
    }
  }

  private static void claim(SearchTrace search) {
    String self = describe(NativeLibrary.class.getClassLoader());
    Object owner = System.getProperties().putIfAbsent(OWNER_PROPERTY, self);
    if (owner != null) {
      throw search.failure(
          "the native library already belongs to another class loader ("
              + owner
              + ", this is "
              + self
              + "): share the simclr-torch jar between both, from a common parent class loader");
    }
  }

  private static String describe(ClassLoader loader) {
    return loader.getClass().getName() + "@" + Integer.toHexString(System.identityHashCode(loader));
  }

  private static void load(SearchTrace search) throws IOException {
    ShimFiles files = ShimFiles.find(search);
    if (files.abiVersion() != SctVersion.bindingsAbiVersion()) {
      throw search.failure(
          files.shim()
              + " has ABI version "
              + files.abiVersion()
              + ", these bindings have "
              + SctVersion.bindingsAbiVersion()
              + ": use a library and a jar of the same build");
    }
    Path libtorch = findLibtorch(files, search);
    Path lib = libtorch.resolve("lib");
    claim(search);
    boolean cuda = Files.isRegularFile(lib.resolve("libtorch_cuda.so"));
    for (Path library : libraries(lib, cuda)) {
      loadFile(library, search);
    }
    loadFile(files.shim(), search);
    if (cuda && files.cudaShim().isPresent()) {
      loadFile(files.cudaShim().get(), search);
    }
    if (!SctVersion.builtForTorchVersion().equals(files.torchVersion())) {
      throw search.failure(
          files.shim()
              + " was built for libtorch "
              + SctVersion.builtForTorchVersion()
              + ", the record beside it says "
              + files.torchVersion()
              + ": rebuild it");
    }
  }

  /** Returns the libtorch to use, which is of the release that the shim was compiled against. */
  private static Path findLibtorch(ShimFiles files, SearchTrace search) throws IOException {
    Candidate candidate = candidate(files, search);
    Path home = candidate.home();
    search.add(candidate.origin() + ": " + home);
    String fix =
        "; set -D%s=DIR or %s=DIR to a libtorch %s (the directory that holds lib/libtorch_cpu.so,"
                .formatted(
                    LIBTORCH_PROPERTY,
                    LIBTORCH_VARIABLE,
                    LibtorchVersion.release(files.torchVersion()))
            + " such as the torch folder of pip install torch==%s), or rebuild the native library"
                .formatted(LibtorchVersion.release(files.torchVersion()));
    if (!Files.isRegularFile(home.resolve("lib/libtorch_cpu.so"))) {
      throw search.failure(
          "no libtorch in " + home + " (" + candidate.origin() + "): no lib/libtorch_cpu.so" + fix);
    }
    Optional<String> version = LibtorchVersion.read(home);
    if (version.isEmpty()) {
      throw search.failure(
          "cannot tell the version of the libtorch in "
              + home
              + ": none of "
              + LibtorchVersion.sources()
              + " says it"
              + fix);
    }
    search.add("version of that libtorch: " + version.get());
    if (!LibtorchVersion.sameRelease(version.get(), files.torchVersion())) {
      throw search.failure(
          "libtorch "
              + version.get()
              + " in "
              + home
              + " ("
              + candidate.origin()
              + ") does not fit: the native library was built for "
              + LibtorchVersion.release(files.torchVersion())
              + fix);
    }
    return home;
  }

  private record Candidate(Path home, String origin) {}

  private static Candidate candidate(ShimFiles files, SearchTrace search) {
    String property = System.getProperty(LIBTORCH_PROPERTY);
    if (property != null) {
      return new Candidate(Path.of(property).toAbsolutePath(), "-D" + LIBTORCH_PROPERTY);
    }
    search.add("-D" + LIBTORCH_PROPERTY + ": not set");
    String variable = System.getenv(LIBTORCH_VARIABLE);
    if (variable != null && !variable.isEmpty()) {
      return new Candidate(Path.of(variable).toAbsolutePath(), LIBTORCH_VARIABLE);
    }
    search.add(LIBTORCH_VARIABLE + ": not set");
    return new Candidate(files.torchHome(), "recorded by the build");
  }

  /** Returns libtorch's own libraries, each after those that it depends on. */
  private static List<Path> libraries(Path lib, boolean cuda) throws IOException {
    List<Path> libraries = new ArrayList<>();
    // The wheel brings its own OpenMP. A second one in the process would have a second thread team.
    try (DirectoryStream<Path> openMp = Files.newDirectoryStream(lib, "libgomp*.so*")) {
      openMp.forEach(libraries::add);
    }
    libraries.add(lib.resolve("libc10.so"));
    libraries.add(lib.resolve("libtorch_cpu.so"));
    if (cuda) {
      libraries.add(lib.resolve("libc10_cuda.so"));
      libraries.add(lib.resolve("libtorch_cuda.so"));
    }
    return libraries;
  }

  private static void loadFile(Path file, SearchTrace search) {
    search.add("load " + file);
    try {
      System.load(file.toString());
    } catch (UnsatisfiedLinkError e) {
      throw search.failure("cannot load " + file + ": " + e.getMessage(), e);
    }
  }
}
