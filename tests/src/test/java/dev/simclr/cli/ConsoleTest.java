package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsoleTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final StringWriter log = new StringWriter();

  private void speak(boolean quiet) {
    Console console = new Console(new PrintStream(out, true, StandardCharsets.UTF_8), false, quiet);
    console.line("precision: float32");
    console.status("packing");
    console.attach(new PrintWriter(log));
    console.fact("model", "small");
  }

  @Test
  void theLogHasTheLinesBeforeIt() {
    speak(false);
    List<String> lines = List.of("precision: float32", "model        small");
    assertEquals(lines, log.toString().lines().toList());
    assertEquals(lines, out.toString(StandardCharsets.UTF_8).lines().toList());
  }

  @Test
  void aQuietConsoleStillLogs() {
    speak(true);
    assertEquals(2, log.toString().lines().count());
    assertEquals(0, out.size());
  }
}
