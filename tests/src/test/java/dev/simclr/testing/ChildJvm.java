package dev.simclr.testing;

import java.io.File;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another JVM of the same release on the same class path, for what a test cannot do to its own:
 * loading the native libraries afresh, running out of memory, being killed.
 */
public final class ChildJvm {
  private static final long MOST_SECONDS = 180;
  private static final int SIGINT = 2;

  private final List<String> options = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private String classPath = System.getProperty("java.class.path");
  private boolean modular;
  private boolean nativeAccess = true;

  /** What a child left: its exit status and all that it printed. */
  public record Result(int status, String out, String err) {
    /** Both streams, for the message of a failed assertion. */
    @Override
    public String toString() {
      return "status " + status + "\n--- out\n" + out + "--- err\n" + err + "---";
    }
  }

  /** A child that runs; what it prints goes to files. */
  public record Running(Process process, Path out, Path err) implements AutoCloseable {
    /** Waits for the end. */
    public Result await() throws IOException, InterruptedException {
      if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError("the child did not end: " + result());
      }
      return result();
    }

    private Result result() throws IOException {
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** Sends a signal by its name, such as TERM. */
    public void signal(String name) throws IOException, InterruptedException {
      Process kill =
          new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + process.pid())
              .inheritIO()
              .start();
      kill.waitFor();
    }

    @Override
    public void close() throws IOException {
      process.destroyForcibly();
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  /** A child with a small heap and the flag that the README names for the class path. */
  public ChildJvm() {
    option("-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData");
    option("--illegal-native-access=deny");
  }

  /**
   * Whether this process, and so its children, ignore SIGINT, as what a shell without job control
   * runs in the background does.
   */
  public static boolean ignoresInterrupts() throws IOException {
    Matcher ignored =
        Pattern.compile("SigIgn:\\s*(\\p{XDigit}+)")
            .matcher(Files.readString(Path.of("/proc/self/status")));
    if (!ignored.find()) {
      throw new IOException("no line SigIgn in /proc/self/status");
    }
    return new BigInteger(ignored.group(1), 16).testBit(SIGINT - 1);
  }

  /** Adds options of the JVM. */
  public ChildJvm option(String... more) {
    options.addAll(List.of(more));
    return this;
  }

  /** Sets a variable of the environment. */
  public ChildJvm variable(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Runs from the module path; the main class is then given as module/class. */
  public ChildJvm modular() {
    modular = true;
    return this;
  }

  /** Puts something else into the place of an entry of the class path. */
  public ChildJvm replace(Path entry, Path replacement) {
    List<String> entries = new ArrayList<>(List.of(classPath.split(File.pathSeparator)));
    entries.replaceAll(e -> Path.of(e).equals(entry) ? replacement.toString() : e);
    classPath = String.join(File.pathSeparator, entries);
    return this;
  }

  /** Leaves out the flag that permits native access. */
  public ChildJvm withoutNativeAccess() {
    nativeAccess = false;
    return this;
  }

  /** Runs a main class to its end. */
  public Result run(String main, String... arguments) throws IOException, InterruptedException {
    try (Running running = start(main, arguments)) {
      return running.await();
    }
  }

  /** Starts a main class. */
  public Running start(String main, String... arguments) throws IOException {
    return start(List.of(), main, arguments);
  }

  /** Starts a main class through another command, such as {@code prlimit --fsize=1000}. */
  public Running start(List<String> prefix, String main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    if (nativeAccess) {
      command.add("--enable-native-access=" + (modular ? "dev.simclr.torch" : "ALL-UNNAMED"));
    }
    command.addAll(
        modular
            ? List.of("--module-path", modulePath(), "--module")
            : List.of("--class-path", classPath));
    command.add(main);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    // Options from outside would print a line on the standard error that tests look at.
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().remove("JDK_JAVA_OPTIONS");
    builder.environment().putAll(environment);
    Path out = Files.createTempFile("child", ".out");
    Path err = Files.createTempFile("child", ".err");
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    return new Running(builder.start(), out, err);
  }

  /** The class path without the tests themselves, which are no module. */
  private String modulePath() {
    return String.join(
        File.pathSeparator,
        List.of(classPath.split(File.pathSeparator)).stream()
            .filter(entry -> !entry.contains("test-classes"))
            .toList());
  }
}
