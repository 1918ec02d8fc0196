package dev.simclr.torch.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;

/**
 * The shim as files that the dynamic linker can open, and what its build recorded about libtorch.
 *
 * @param shim libsimclr_torch.so
 * @param cudaShim libsimclr_torch_cuda.so, if this build has one
 * @param torchVersion the libtorch release that the shim was compiled against, as in 2.13.0
 * @param torchHome the libtorch that the build used; it holds lib/libtorch_cpu.so
 * @param abiVersion the sct ABI version that the shim implements
 */
record ShimFiles(
    Path shim, Optional<Path> cudaShim, String torchVersion, Path torchHome, int abiVersion) {

  static final String OVERRIDE = "simclr.native";

  private static final String SHIM = "libsimclr_torch.so";
  private static final String CUDA_SHIM = "libsimclr_torch_cuda.so";
  private static final String PROPERTIES = "native.properties";
  private static final String PLATFORM = "linux-x86_64";
  private static final String RESOURCES = "/dev/simclr/torch/native/" + PLATFORM + "/";

  /**
   * Finds the shim: the file that {@code -Dsimclr.native} names, with native.properties beside it;
   * else the resources of this module, copied to the user cache first if they are inside a jar.
   */
  static ShimFiles find(SearchTrace trace) throws IOException {
    String platform = platform();
    if (!platform.equals(PLATFORM)) {
      throw trace.failure(
          "this build has native code for " + PLATFORM + " only, this is " + platform);
    }
    String override = System.getProperty(OVERRIDE);
    if (override != null) {
      return fromFile(Path.of(override).toAbsolutePath(), trace);
    }
    trace.add("-D" + OVERRIDE + ": not set");
    return fromResources(trace);
  }

  /**
   * Finds a library of this build that may be absent: beside the file that {@code -Dsimclr.native}
   * names, else in the resources of this module.
   */
  static Optional<Path> findOptional(String name, SearchTrace trace) throws IOException {
    if (!platform().equals(PLATFORM)) {
      trace.add("this build has native code for " + PLATFORM + " only, this is " + platform());
      return Optional.empty();
    }
    String override = System.getProperty(OVERRIDE);
    if (override != null) {
      Path file = Path.of(override).toAbsolutePath().resolveSibling(name);
      trace.add("beside the file that -D" + OVERRIDE + " names: " + file);
      return Optional.of(file).filter(Files::isRegularFile);
    }
    Optional<URL> resource = resource(name);
    trace.add("resource " + resource.map(URL::toString).orElse(RESOURCES + name + ": absent"));
    return resource.isPresent()
        ? Optional.of(onDisk(resource.get(), name, trace))
        : Optional.empty();
  }

  private static ShimFiles fromFile(Path shim, SearchTrace trace) throws IOException {
    trace.add("-D" + OVERRIDE + ": " + shim);
    if (!Files.isRegularFile(shim)) {
      throw trace.failure("-D" + OVERRIDE + "=" + shim + ": no such file");
    }
    Path properties = shim.resolveSibling(PROPERTIES);
    if (!Files.isRegularFile(properties)) {
      throw trace.failure(
          "-D" + OVERRIDE + "=" + shim + ": the build's " + PROPERTIES + " is not beside it");
    }
    Path cudaShim = shim.resolveSibling(CUDA_SHIM);
    try (InputStream in = Files.newInputStream(properties)) {
      return of(
          shim,
          Files.isRegularFile(cudaShim) ? Optional.of(cudaShim) : Optional.empty(),
          in,
          properties.toString(),
          trace);
    }
  }

  private static ShimFiles fromResources(SearchTrace trace) throws IOException {
    URL properties = resource(PROPERTIES).orElse(null);
    URL shim = resource(SHIM).orElse(null);
    if (properties == null || shim == null) {
      trace.add("resource " + RESOURCES + ": incomplete or absent");
      throw trace.failure(
          "the native library "
              + SHIM
              + " is not on the class or module path: build it with mvn verify, or name the file"
              + " with -D"
              + OVERRIDE
              + "=FILE");
    }
    trace.add("resource " + shim);
    Optional<URL> cudaShim = resource(CUDA_SHIM);
    Optional<Path> cudaFile =
        cudaShim.isPresent()
            ? Optional.of(onDisk(cudaShim.get(), CUDA_SHIM, trace))
            : Optional.empty();
    try (InputStream in = properties.openStream()) {
      return of(onDisk(shim, SHIM, trace), cudaFile, in, properties.toString(), trace);
    }
  }

  private static ShimFiles of(
      Path shim, Optional<Path> cudaShim, InputStream properties, String origin, SearchTrace trace)
      throws IOException {
    Properties values = new Properties();
    values.load(properties);
    String version = values.getProperty("torch.version");
    String home = values.getProperty("torch.home");
    String abi = values.getProperty("abi.version");
    if (version == null || home == null || abi == null || !abi.matches("[0-9]{1,9}")) {
      throw trace.failure(
          origin + ": must set torch.version, torch.home and abi.version, rebuild the library");
    }
    return new ShimFiles(shim, cudaShim, version, Path.of(home), Integer.parseInt(abi));
  }

  private static Optional<URL> resource(String name) {
    return Optional.ofNullable(ShimFiles.class.getResource(RESOURCES + name));
  }

  /** Returns the resource as a file, which is a copy in the user cache if it is inside a jar. */
  private static Path onDisk(URL resource, String name, SearchTrace trace) throws IOException {
    if (resource.getProtocol().equals("file")) {
      try {
        return Path.of(new URI(resource.toString()));
      } catch (URISyntaxException e) {
        throw trace.failure(resource + ": not a valid address", e);
      }
    }
    return CachedCopy.of(resource, name, trace);
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch");
    return os + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }
}
