package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Runs {@code simclr} in this JVM. Standard output belongs to the whole process, so that one
 * command may run at a time.
 */
final class CliRunner {
  private CliRunner() {}

  /**
   * What a command did.
   *
   * @param code exit code
   * @param out standard output
   * @param err standard error
   */
  record Outcome(int code, String out, String err) {
    /** Requires success and returns the one line on standard output as JSON. */
    JsonNode json() {
      assertEquals(0, code, err);
      assertEquals(1, out.lines().count(), out);
      return JsonMapper.shared().readTree(out);
    }

    /** Returns the first line on standard output that begins with a name. */
    String fact(String name) {
      return out.lines().filter(line -> line.startsWith(name)).findFirst().orElse("missing");
    }

    /** Requires the code and one line on standard error that begins like this. */
    void assertFailed(int expectedCode, String message) {
      assertEquals(expectedCode, code, err);
      assertEquals(1, err.lines().count(), err);
      assertTrue(err.startsWith("simclr: " + message), err);
    }
  }

  /** Runs a command as if typed; each value is one argument as text. */
  static Outcome simclr(Object... arguments) {
    return simclr(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
  }

  /** Runs a command as if typed. */
  static Outcome simclr(String... arguments) {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      int code = Main.run(new PrintWriter(err, true), arguments);
      return new Outcome(code, out.toString(StandardCharsets.UTF_8), err.toString());
    } finally {
      System.setOut(before);
    }
  }
}
