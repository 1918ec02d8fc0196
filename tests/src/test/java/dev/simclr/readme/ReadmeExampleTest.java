package dev.simclr.readme;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.testing.Repository;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What README.md says about use in code is true: the example compiles and runs as it stands. */
@Timeout(300)
final class ReadmeExampleTest {
  private static final Pattern FENCED = Pattern.compile("```(\\w+)\\n(.*?)```", Pattern.DOTALL);

  @TempDir Path directory;

  /** The only block of a language in the section on use in code. */
  private static String block(String language) throws IOException {
    String readme = Files.readString(Repository.path("README.md"));
    String section = readme.split("(?m)^## In code$", -1)[1].split("(?m)^## ", -1)[0];
    List<String> found =
        FENCED
            .matcher(section)
            .results()
            .filter(m -> m.group(1).equals(language))
            .map(m -> m.group(2))
            .toList();
    assertEquals(1, found.size(), () -> language + " blocks in " + section);
    return found.getFirst();
  }

  private void compile(String source) throws IOException {
    Path file = Files.writeString(directory.resolve("Example.java"), source);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, UTF_8)) {
      boolean compiled =
          compiler
              .getTask(
                  complaints,
                  files,
                  null,
                  List.of(
                      "-Xlint:all,-path,-processing",
                      "-Werror",
                      "-d",
                      directory.toString(),
                      "-classpath",
                      System.getProperty("java.class.path")),
                  null,
                  files.getJavaFileObjects(file))
              .call();
      assertTrue(compiled, complaints.toString());
    }
  }

  private Path image(String name, Random random) throws IOException {
    BufferedImage image = new BufferedImage(20, 20, BufferedImage.TYPE_INT_RGB);
    int[] colours = {random.nextInt(1 << 24), random.nextInt(1 << 24)};
    for (int i = 0; i < 400; i++) {
      image.setRGB(i % 20, i / 20, colours[i / 5 % 2]);
    }
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  @Test
  void theExampleCompilesAndRuns() throws IOException, InterruptedException {
    compile(block("java"));
    Random random = new Random(1);
    for (int i = 0; i < 64; i++) {
      image("images/" + i + ".png", random);
    }
    Path one = image("one.png", random);
    Path output = directory.resolve("output.txt");
    ProcessBuilder child =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--illegal-native-access=deny",
            "-Xmx512m",
            "-cp",
            directory + ":" + System.getProperty("java.class.path"),
            "Example",
            directory.resolve("images").toString(),
            one.toString());
    child.directory(directory.toFile()).redirectErrorStream(true).redirectOutput(output.toFile());
    child.environment().put("XDG_CACHE_HOME", directory.resolve("cache").toString());
    Process process = child.start();
    try {
      assertTrue(process.waitFor(240, TimeUnit.SECONDS), "the example takes too long");
    } finally {
      process.destroyForcibly().waitFor();
    }
    String printed = Files.readString(output);
    assertEquals(0, process.exitValue(), printed);
    Matcher last =
        Pattern.compile("(?m)^(\\d+) features, the first is (-?[\\d.E-]+)$").matcher(printed);
    assertTrue(last.find(), printed);
    // ResNet-18 has 512 features; the width is a quarter.
    assertEquals("128", last.group(1));
    assertTrue(Float.isFinite(Float.parseFloat(last.group(2))));
    Path encoder = directory.resolve("runs/example/model.safetensors");
    try (SafetensorsReader reader = SafetensorsReader.open(encoder)) {
      assertEquals("0.25", reader.metadata().get("model.width"));
    }
  }

  @Test
  void theCoordinatesAreThoseOfTheBuild() throws IOException {
    String pom = Files.readString(Repository.path("simclr-java/core/pom.xml"));
    String dependency = block("xml");
    for (String name : List.of("groupId", "artifactId", "version")) {
      Pattern element = Pattern.compile("<%1$s>([^<]+)</%1$s>".formatted(name));
      Matcher documented = element.matcher(dependency);
      assertTrue(documented.find(), dependency);
      assertTrue(pom.contains(documented.group()), documented.group());
    }
  }
}
