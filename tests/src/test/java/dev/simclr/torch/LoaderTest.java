package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the native libraries are found and loaded, each time in a JVM of its own. */
@Timeout(300)
class LoaderTest {
  private static final String SCENARIOS = LoaderScenarios.class.getName();
  private static final String CLI = "dev.simclr.cli.Main";

  @TempDir private Path home;

  /** A directory that says it is a libtorch of another release. */
  private Path otherRelease() throws IOException {
    Files.createDirectories(home.resolve("lib"));
    Files.writeString(home.resolve("lib/libtorch_cpu.so"), "not loaded, only looked for");
    Files.writeString(home.resolve("version.py"), "__version__ = '2.4.1+cpu'\n");
    return home;
  }

  private static String built() {
    return Torch.version();
  }

  private static List<String> lines(ChildJvm child, String scenario)
      throws IOException, InterruptedException {
    ChildJvm.Result result = child.run(SCENARIOS, scenario);
    assertEquals(0, result.status(), result.toString());
    assertEquals("", result.err());
    return result.out().lines().toList();
  }

  @Test
  void aMissingLibtorchIsAnErrorThatListsWhatWasTried() throws Exception {
    Path nowhere = home.resolve("nowhere");
    List<String> lines = lines(new ChildJvm().option("-Dsimclr.libtorch=" + nowhere), "load");
    assertEquals(
        "LIBRARY no libtorch in "
            + nowhere
            + " (-Dsimclr.libtorch): no lib/libtorch_cpu.so; set -Dsimclr.libtorch=DIR or"
            + " LIBTORCH=DIR to a libtorch "
            + built()
            + " (the directory that holds lib/libtorch_cpu.so, such as the torch folder of pip"
            + " install torch=="
            + built()
            + "), or rebuild the native library",
        lines.getFirst());
    assertEquals("  tried -Dsimclr.native: not set", lines.get(1));
    assertTrue(lines.get(2).matches("  tried resource .*/libsimclr_torch\\.so"), lines.get(2));
    assertEquals("  tried -Dsimclr.libtorch: " + nowhere, lines.getLast());
  }

  @Test
  void theVariableIsLookedAtAfterTheProperty() throws Exception {
    Path nowhere = home.resolve("nowhere");
    List<String> lines = lines(new ChildJvm().variable("LIBTORCH", nowhere.toString()), "load");
    assertTrue(
        lines.getFirst().startsWith("LIBRARY no libtorch in " + nowhere + " (LIBTORCH): "),
        lines.getFirst());
    assertEquals("  tried -Dsimclr.libtorch: not set", lines.get(lines.size() - 2));
    assertEquals("  tried LIBTORCH: " + nowhere, lines.getLast());
  }

  @Test
  void anotherReleaseIsRefusedWithoutBeingLoaded() throws Exception {
    List<String> lines =
        lines(new ChildJvm().option("-Dsimclr.libtorch=" + otherRelease()), "load-twice");
    String expected =
        "LIBRARY libtorch 2.4.1+cpu in "
            + home
            + " (-Dsimclr.libtorch) does not fit: the native library was built for "
            + built()
            + "; set -Dsimclr.libtorch=DIR or LIBTORCH=DIR to a libtorch "
            + built();
    assertTrue(lines.getFirst().startsWith(expected), lines.getFirst());
    assertEquals("  tried version of that libtorch: 2.4.1+cpu", lines.getLast());
    // Remembered, and thrown again in the same words.
    int half = lines.size() / 2;
    assertEquals(lines.subList(0, half), lines.subList(half, lines.size()));
  }

  @Test
  void aLibtorchThatDoesNotSayItsVersionIsRefused() throws Exception {
    otherRelease();
    Files.delete(home.resolve("version.py"));
    List<String> lines = lines(new ChildJvm().option("-Dsimclr.libtorch=" + home), "load");
    assertTrue(
        lines.getFirst().startsWith("LIBRARY cannot tell the version of the libtorch in " + home),
        lines.getFirst());
  }

  @Test
  void aLibtorchThatCannotBeLoadedIsNamed() throws Exception {
    otherRelease();
    Files.writeString(home.resolve("version.py"), "__version__ = '" + built() + "'\n");
    Path broken = Files.writeString(home.resolve("lib/libc10.so"), "no ELF file");
    // The JVM itself warns of such a file, so that the standard error is not empty.
    ChildJvm.Result result =
        new ChildJvm().option("-Dsimclr.libtorch=" + home).run(SCENARIOS, "load");
    List<String> lines = result.out().lines().toList();
    assertTrue(lines.getFirst().startsWith("LIBRARY cannot load " + broken), result.toString());
    assertEquals("  tried load " + broken, lines.getLast());
  }

  @Test
  void aShimThatIsNotThereIsNamed() throws Exception {
    Path shim = home.resolve("libsimclr_torch.so");
    List<String> lines = lines(new ChildJvm().option("-Dsimclr.native=" + shim), "load");
    assertEquals(
        List.of(
            "LIBRARY -Dsimclr.native=" + shim + ": no such file",
            "  tried -Dsimclr.native: " + shim),
        lines);
  }

  @Test
  void theCommandLineSaysItInOneLineAndExitsWith4() throws Exception {
    ChildJvm.Result result =
        new ChildJvm()
            .option("-Dsimclr.libtorch=" + otherRelease())
            .run(CLI, "pretrain", "train.batch=2", "--out", home.resolve("run").toString());
    assertEquals(4, result.status(), result.toString());
    assertEquals(1, result.err().lines().count(), result.err());
    assertTrue(
        result.err().startsWith("simclr: libtorch 2.4.1+cpu in " + home + " "), result.err());
    assertEquals(false, Files.exists(home.resolve("run")));
  }

  @Test
  void aSecondClassLoaderIsToldToShareTheJar() throws Exception {
    List<String> lines = lines(new ChildJvm(), "second-loader");
    assertTrue(
        lines
            .getFirst()
            .matches(
                "the native library already belongs to another class loader \\(.*\\$AppClassLoader@"
                    + ".*, this is java\\.net\\.URLClassLoader@.*\\): share the simclr-torch jar"
                    + " between both, from a common parent class loader"),
        lines.getFirst());
    assertEquals("handles 0", lines.getLast());
  }

  @Test
  void oneOpenMpIsMappedAndItsThreadsTakePart() throws Exception {
    List<String> lines = lines(new ChildJvm(), "openmp");
    assertEquals("width 2", lines.getFirst());
    assertEquals(2, lines.size(), lines.toString());
    assertTrue(lines.getLast().contains("libgomp"), lines.toString());
  }

  @Test
  void runsCleanOnTheClassPathWithTheDocumentedFlag() throws Exception {
    ChildJvm.Result result = new ChildJvm().run(CLI, "doctor");
    assertEquals(0, result.status(), result.toString());
    assertEquals("", result.err());
    assertTrue(result.out().contains("its gradient came back"), result.out());
  }

  @Test
  void runsCleanOnTheModulePathWithTheDocumentedFlag() throws Exception {
    ChildJvm.Result result = new ChildJvm().modular().run("dev.simclr.cli/" + CLI, "doctor");
    assertEquals(0, result.status(), result.toString());
    assertEquals("", result.err());
    assertTrue(result.out().contains("its gradient came back"), result.out());
  }

  @Test
  void withoutTheFlagWhateverIsUsedFirstFailsTheSameWay() throws Exception {
    List<String> lines = lines(new ChildJvm().withoutNativeAccess(), "first-uses");
    assertEquals(
        List.of(
            "float32 cpu CHANNELS_LAST MEAN",
            "Torch.version LIBRARY",
            "Torch.cpu LIBRARY",
            "Torch.numThreads LIBRARY",
            "Torch.cudaAvailable LIBRARY",
            "Op.find LIBRARY",
            "Autocast.bf16 LIBRARY",
            "GradMode.noGrad LIBRARY",
            "CpuAllocator.statistics LIBRARY",
            "TensorScope.open LIBRARY"),
        lines);
  }

  @Test
  void aShimInAJarIsCopiedIntoTheOneCacheOfThisProject() throws Exception {
    Path module = Path.of(Torch.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    ChildJvm child = new ChildJvm().variable("XDG_CACHE_HOME", home.toString());
    List<String> lines = lines(child.replace(module, jarOf(module)), "load");
    assertEquals("loaded", lines.getFirst());
    Path cache = home.resolve("simclr/native");
    assertTrue(
        lines.stream().anyMatch(line -> line.startsWith("copy in the user cache: " + cache)),
        lines.toString());
    try (var copies = Files.walk(cache)) {
      assertEquals(
          List.of("libsimclr_torch.so"),
          copies.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).toList());
    }
  }

  @Test
  void aCopyIsWrittenOnceAndAgainIfItIsCut() throws Exception {
    Path module = Path.of(Torch.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    ChildJvm child =
        new ChildJvm().variable("XDG_CACHE_HOME", home.toString()).replace(module, jarOf(module));
    assertEquals("loaded", lines(child, "load").getFirst());
    Path copy;
    try (var files = Files.walk(home.resolve("simclr/native"))) {
      copy = files.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
    FileTime past = FileTime.from(Instant.EPOCH);
    Files.setLastModifiedTime(copy, past);
    assertEquals("loaded", lines(child, "load").getFirst());
    assertEquals(past, Files.getLastModifiedTime(copy));
    byte[] content = Files.readAllBytes(copy);
    Files.write(copy, Arrays.copyOf(content, content.length / 2));
    assertEquals("loaded", lines(child, "load").getFirst());
    assertArrayEquals(content, Files.readAllBytes(copy));
  }

  /** The module as a jar, which it is already where Maven has packaged it. */
  private Path jarOf(Path module) throws IOException {
    if (Files.isRegularFile(module)) {
      return module;
    }
    Path jar = home.resolve("torch.jar");
    try (var out = new ZipOutputStream(Files.newOutputStream(jar));
        var files = Files.walk(module)) {
      out.setLevel(Deflater.BEST_SPEED);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new ZipEntry(module.relativize(file).toString()));
        Files.copy(file, out);
      }
    }
    return jar;
  }

  @Test
  void withoutTheFlagTheErrorNamesIt() throws Exception {
    List<String> lines = lines(new ChildJvm().withoutNativeAccess(), "first-scope");
    assertEquals(
        List.of(
            "LIBRARY this JVM denies native access: start it with"
                + " --enable-native-access=ALL-UNNAMED"),
        lines);
    ChildJvm.Result result =
        new ChildJvm()
            .withoutNativeAccess()
            .modular()
            .run(
                "dev.simclr.cli/" + CLI,
                "pretrain",
                "train.batch=2",
                "--out",
                home.resolve("run").toString());
    assertEquals(4, result.status(), result.toString());
    assertEquals(
        "simclr: this JVM denies native access: start it with"
            + " --enable-native-access=dev.simclr.torch\n",
        result.err());
  }
}
