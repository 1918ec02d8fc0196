package dev.simclr.torch.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.simclr.testing.Repository;
import dev.simclr.torch.internal.ffm.Jpeg;
import dev.simclr.torch.internal.ffm.Sct;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The committed bindings, the headers and the library that was built belong together. */
class BindingsDriftTest {
  /** A library, its headers and what was generated from them. */
  private enum Interface {
    /** The hook between our own two libraries is never called by Java. */
    TORCH(
        "native/include/sct",
        "jextract.args",
        "headers.sha256",
        Sct.class,
        "libsimclr_torch.so",
        Set.of("simclr_torch_register_cuda")),
    JPEG(
        "native/include/sct_jpeg",
        "jextract-jpeg.args",
        "headers-jpeg.sha256",
        Jpeg.class,
        "libsimclr_jpeg.so",
        Set.of());

    final Path headers;
    final Path arguments;
    final Path digests;
    final Class<?> bindings;
    final String resource;
    final Set<String> hooks;

    Interface(
        String headers,
        String arguments,
        String digests,
        Class<?> bindings,
        String library,
        Set<String> hooks) {
      this.headers = Repository.path(headers);
      this.arguments = Repository.path("bindings/" + arguments);
      this.digests =
          Repository.path("bindings/src/main/java/dev/simclr/torch/internal/ffm/" + digests);
      this.bindings = bindings;
      this.resource = "/dev/simclr/torch/native/linux-x86_64/" + library;
      this.hooks = hooks;
    }

    /** A library may be absent: that for JPEG files, where libjpeg-turbo is. */
    List<String> exports() throws IOException {
      try (InputStream in = BindingsDriftTest.class.getResourceAsStream(resource)) {
        assumeTrue(in != null || this == TORCH, "this build has no " + resource);
        return ElfExports.of(Objects.requireNonNull(in, resource).readAllBytes());
      }
    }

    void load() {
      switch (this) {
        case TORCH -> NativeLibrary.load();
        case JPEG -> assertEquals("", JpegLibrary.load().reason());
      }
    }
  }

  private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/", Pattern.DOTALL);
  private static final Pattern FUNCTION =
      Pattern.compile("^SCT_API\\b[^;(]*?\\b(\\w+)\\s*\\(", Pattern.MULTILINE);
  private static final Pattern STRUCT = Pattern.compile("\\bstruct\\s+(\\w+)\\s*\\{");
  private static final Pattern ENUM = Pattern.compile("\\benum\\s*\\w*\\s*\\{([^}]*)\\}");
  private static final Pattern CONSTANT = Pattern.compile("\\b(SCT_[A-Z0-9_]+)\\s*(?:=|,|$)");
  private static final Pattern MACRO =
      Pattern.compile("^#define (SCT_[A-Z0-9_]+) -?\\d+$", Pattern.MULTILINE);

  @ParameterizedTest
  @EnumSource
  void theBindingsWereGeneratedFromTheseHeaders(Interface api)
      throws IOException, NoSuchAlgorithmException {
    SortedMap<String, String> recorded = new TreeMap<>();
    for (String line : Files.readAllLines(api.digests)) {
      String[] parts = line.split("  ", 2);
      recorded.put(parts[1], parts[0]);
    }
    SortedMap<String, String> actual = new TreeMap<>();
    for (Path header : headers(api)) {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(header));
      actual.put(header.getFileName().toString(), HexFormat.of().formatHex(digest));
    }
    assertEquals(recorded, actual, "run bindings/jextract.sh");
  }

  @ParameterizedTest
  @EnumSource
  void theArgumentsNameAllThatTheHeadersDeclare(Interface api) throws IOException {
    SortedMap<String, Set<String>> declared = new TreeMap<>();
    for (Path header : headers(api)) {
      String text = COMMENT.matcher(Files.readString(header)).replaceAll(" ");
      add(declared, "function", FUNCTION.matcher(text).results());
      add(declared, "struct", STRUCT.matcher(text).results());
      add(declared, "constant", MACRO.matcher(text).results());
      for (MatchResult body : ENUM.matcher(text).results().toList()) {
        add(declared, "constant", CONSTANT.matcher(body.group(1).strip()).results());
      }
    }
    SortedMap<String, Set<String>> named = new TreeMap<>();
    for (String line : Files.readAllLines(api.arguments)) {
      if (line.startsWith("--include-")) {
        String[] parts = line.substring("--include-".length()).split(" ");
        assertTrue(
            named.computeIfAbsent(parts[0], kind -> new TreeSet<>()).add(parts[1]),
            line + " is there twice");
      }
    }
    assertEquals(declared.keySet(), named.keySet());
    declared.forEach((kind, names) -> assertSame(names, named.get(kind)));
  }

  @ParameterizedTest
  @EnumSource
  void theBindingsNameWhatTheLibraryExports(Interface api) throws IOException {
    Set<String> expected = bound(api.bindings);
    expected.addAll(api.hooks);
    // Both ways, and nothing of libtorch or libjpeg among the exports.
    assertSame(expected, new TreeSet<>(api.exports()));
  }

  @ParameterizedTest
  @EnumSource
  void exportsAreReadAsTheLinkerSeesThem(Interface api) throws IOException {
    List<String> exported = api.exports();
    assertEquals(exported.size(), new TreeSet<>(exported).size());
    SymbolLookup lookup = SymbolLookup.loaderLookup();
    api.load();
    // loaderLookup() belongs to the class loader that loaded the library, which is ours too.
    assertEquals(List.of(), exported.stream().filter(name -> lookup.find(name).isEmpty()).toList());
  }

  private static void assertSame(Set<String> expected, Set<String> actual) {
    Set<String> missing = new TreeSet<>(expected);
    missing.removeAll(actual);
    Set<String> unexpected = new TreeSet<>(actual);
    unexpected.removeAll(expected);
    assertEquals("missing [], unexpected []", "missing " + missing + ", unexpected " + unexpected);
    assertFalse(expected.isEmpty());
  }

  private static List<Path> headers(Interface api) throws IOException {
    try (Stream<Path> files = Files.list(api.headers)) {
      return files.filter(file -> file.toString().endsWith(".h")).toList();
    }
  }

  private static void add(
      SortedMap<String, Set<String>> declared, String kind, Stream<MatchResult> found) {
    Set<String> names = declared.computeIfAbsent(kind, k -> new TreeSet<>());
    found.forEach(match -> names.add(match.group(1)));
  }

  /** The functions that have a descriptor in the generated class. */
  private static Set<String> bound(Class<?> bindings) {
    return Arrays.stream(bindings.getMethods())
        .filter(method -> method.getReturnType() == FunctionDescriptor.class)
        .map(Method::getName)
        .map(name -> name.substring(0, name.indexOf('$')))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
