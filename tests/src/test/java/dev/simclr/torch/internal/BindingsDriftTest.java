package dev.simclr.torch.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.Repository;
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
import org.junit.jupiter.api.Test;

/** The committed bindings, the headers and the library that was built belong together. */
class BindingsDriftTest {
  private static final Path HEADERS = Repository.path("native/include/sct");
  private static final Path ARGUMENTS = Repository.path("bindings/jextract.args");
  private static final Path DIGESTS =
      Repository.path("bindings/src/main/java/dev/simclr/torch/internal/ffm/headers.sha256");

  /** The hook between our own two libraries, which Java never calls. */
  private static final String CUDA_HOOK = "simclr_torch_register_cuda";

  private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/", Pattern.DOTALL);
  private static final Pattern FUNCTION =
      Pattern.compile("^SCT_API\\b[^;(]*?\\b(\\w+)\\s*\\(", Pattern.MULTILINE);
  private static final Pattern STRUCT = Pattern.compile("\\bstruct\\s+(\\w+)\\s*\\{");
  private static final Pattern ENUM = Pattern.compile("\\benum\\s*\\w*\\s*\\{([^}]*)\\}");
  private static final Pattern CONSTANT = Pattern.compile("\\b(SCT_[A-Z0-9_]+)\\s*(?:=|,|$)");
  private static final Pattern MACRO =
      Pattern.compile("^#define (SCT_[A-Z0-9_]+) -?\\d+$", Pattern.MULTILINE);

  @Test
  void theBindingsWereGeneratedFromTheseHeaders() throws IOException, NoSuchAlgorithmException {
    SortedMap<String, String> recorded = new TreeMap<>();
    for (String line : Files.readAllLines(DIGESTS)) {
      String[] parts = line.split("  ", 2);
      recorded.put(parts[1], parts[0]);
    }
    SortedMap<String, String> actual = new TreeMap<>();
    for (Path header : headers()) {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(header));
      actual.put(header.getFileName().toString(), HexFormat.of().formatHex(digest));
    }
    assertEquals(recorded, actual, "run bindings/jextract.sh");
  }

  @Test
  void theArgumentsNameAllThatTheHeadersDeclare() throws IOException {
    SortedMap<String, Set<String>> declared = new TreeMap<>();
    for (Path header : headers()) {
      String text = COMMENT.matcher(Files.readString(header)).replaceAll(" ");
      add(declared, "function", FUNCTION.matcher(text).results());
      add(declared, "struct", STRUCT.matcher(text).results());
      add(declared, "constant", MACRO.matcher(text).results());
      for (MatchResult body : ENUM.matcher(text).results().toList()) {
        add(declared, "constant", CONSTANT.matcher(body.group(1).strip()).results());
      }
    }
    SortedMap<String, Set<String>> named = new TreeMap<>();
    for (String line : Files.readAllLines(ARGUMENTS)) {
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

  @Test
  void theBindingsNameWhatTheLibraryExports() throws IOException {
    Set<String> exported = new TreeSet<>(exports());
    assertTrue(exported.remove(CUDA_HOOK), CUDA_HOOK + " is not exported");
    // Both ways, and nothing of libtorch among the exports.
    assertSame(bound(), exported);
  }

  @Test
  void exportsAreReadAsTheLinkerSeesThem() throws IOException {
    List<String> exported = exports();
    assertEquals(exported.size(), new TreeSet<>(exported).size());
    SymbolLookup lookup = SymbolLookup.loaderLookup();
    NativeLibrary.load();
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

  private static List<Path> headers() throws IOException {
    try (Stream<Path> files = Files.list(HEADERS)) {
      return files.filter(file -> file.toString().endsWith(".h")).toList();
    }
  }

  private static void add(
      SortedMap<String, Set<String>> declared, String kind, Stream<MatchResult> found) {
    Set<String> names = declared.computeIfAbsent(kind, k -> new TreeSet<>());
    found.forEach(match -> names.add(match.group(1)));
  }

  private static List<String> exports() throws IOException {
    String resource = "/dev/simclr/torch/native/linux-x86_64/libsimclr_torch.so";
    try (InputStream in = BindingsDriftTest.class.getResourceAsStream(resource)) {
      return ElfExports.of(Objects.requireNonNull(in, resource).readAllBytes());
    }
  }

  /** The functions that have a descriptor in the generated class. */
  private static Set<String> bound() {
    return Arrays.stream(Sct.class.getMethods())
        .filter(method -> method.getReturnType() == FunctionDescriptor.class)
        .map(Method::getName)
        .map(name -> name.substring(0, name.indexOf('$')))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
