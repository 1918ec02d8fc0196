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
import java.util.ArrayList;
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

  /** The blocks of a language in the section on use in code. */
  private static List<String> blocks(String language) throws IOException {
    String readme = Files.readString(Repository.path("README.md"));
    String section = readme.split("(?m)^## In code$", -1)[1].split("(?m)^## ", -1)[0];
    return FENCED
        .matcher(section)
        .results()
        .filter(m -> m.group(1).equals(language))
        .map(m -> m.group(2))
        .toList();
  }

  /** The one Java block with a class. */
  private static String example(String className) throws IOException {
    List<String> found =
        blocks("java").stream().filter(b -> b.contains("class " + className + " {")).toList();
    assertEquals(1, found.size(), className);
    return found.getFirst();
  }

  private void compile(String className) throws IOException {
    Path file = Files.writeString(directory.resolve(className + ".java"), example(className));
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

  /** Runs a compiled example and returns what it prints. */
  private String run(String className, Path... arguments) throws IOException, InterruptedException {
    Path output = directory.resolve("output.txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--illegal-native-access=deny",
                "-Xmx512m",
                "-cp",
                directory + ":" + System.getProperty("java.class.path"),
                className));
    List.of(arguments).forEach(argument -> command.add(argument.toString()));
    ProcessBuilder child = new ProcessBuilder(command);
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
    return printed;
  }

  @Test
  void everyExampleIsRun() throws IOException {
    assertEquals(List.of(example("Example"), example("LossExample")), blocks("java"));
  }

  @Test
  void theExampleCompilesAndRunsTwice() throws IOException, InterruptedException {
    compile("Example");
    Random random = new Random(1);
    for (int i = 0; i < 64; i++) {
      image("images/" + i + ".png", random);
    }
    Path one = image("one.png", random);
    run("Example", directory.resolve("images"), one);
    String printed = run("Example", directory.resolve("images"), one);
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

  /** Loss and gradient of the formula of NT-Xent, by loops and differences. */
  @Test
  void theExampleOfALossIsThatOfTheFormula() throws IOException, InterruptedException {
    compile("LossExample");
    String printed = run("LossExample");
    Matcher found = Pattern.compile("(?m)^loss (\\S+)\\ngradient \\[(.*)\\]$").matcher(printed);
    assertTrue(found.find(), printed);
    double[][] rows = {{1, 0}, {0, 1}, {1, 1}, {-1, 1}};
    assertEquals(ntXent(rows), Double.parseDouble(found.group(1)), 1e-6);
    String[] gradient = found.group(2).split(", ");
    assertEquals(8, gradient.length);
    for (int i = 0; i < 8; i++) {
      double eps = 1e-5;
      rows[i / 2][i % 2] += eps;
      double above = ntXent(rows);
      rows[i / 2][i % 2] -= 2 * eps;
      double below = ntXent(rows);
      rows[i / 2][i % 2] += eps;
      assertEquals((above - below) / (2 * eps), Double.parseDouble(gradient[i]), 1e-5);
    }
  }

  /** Of two images, view 1 then view 2, at temperature 0.5. */
  private static double ntXent(double[][] rows) {
    double loss = 0;
    for (int i = 0; i < 4; i++) {
      double sum = 0;
      for (int j = 0; j < 4; j++) {
        sum += i == j ? 0 : Math.exp(similarity(rows[i], rows[j]));
      }
      loss += (Math.log(sum) - similarity(rows[i], rows[(i + 2) % 4])) / 4;
    }
    return loss;
  }

  private static double similarity(double[] a, double[] b) {
    return (a[0] * b[0] + a[1] * b[1]) / (Math.hypot(a[0], a[1]) * Math.hypot(b[0], b[1])) / 0.5;
  }

  @Test
  void theCoordinatesAreThoseOfTheBuild() throws IOException {
    String pom = Files.readString(Repository.path("simclr-java/core/pom.xml"));
    assertEquals(1, blocks("xml").size());
    String dependency = blocks("xml").getFirst();
    for (String name : List.of("groupId", "artifactId", "version")) {
      Pattern element = Pattern.compile("<%1$s>([^<]+)</%1$s>".formatted(name));
      Matcher documented = element.matcher(dependency);
      assertTrue(documented.find(), dependency);
      assertTrue(pom.contains(documented.group()), documented.group());
    }
  }
}
