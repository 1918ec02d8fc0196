package dev.simclr.loss;

import dev.simclr.testing.Repository;
import dev.simclr.torch.DType;
import dev.simclr.torch.Init;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Forward and backward of {@link NtXent} against the forms of it that users of PyTorch write. Each
 * runs in a process of its own, new for each size, and all take turns, so that what else the
 * machine does meets all of them. D is 128, in float32, the temperature 0.5. Prints medians of
 * milliseconds, and how far the resident memory of each process rises in its first run.
 *
 * <pre>
 *   mvn -q -B test -pl tests -am -DskipTests -Dbenchmark=dev.simclr.loss.NtXentBenchmark
 * </pre>
 *
 * <p>Arguments ({@code -Dbenchmark.arguments="..."}): the Python that has torch, {@code python3} by
 * default, then numbers of rows, 1024 4096 8192 by default. Above 16384 rows the peers are left
 * out: their matrices do not fit.
 */
final class NtXentBenchmark {
  private static final int COLUMNS = 128;
  private static final int TURNS = 7;
  private static final int MOST_ROWS_OF_PEERS = 16384;
  private static final String OURS = "ours";
  private static final List<String> FORMS =
      List.of("cross_entropy", "log_softmax", "logsumexp", "compile");

  /** What keeps freed memory in the process, which is faster for the peers. */
  private static final Map<String, String> KEEP =
      Map.of("MALLOC_MMAP_THRESHOLD_", "8589934592", "MALLOC_TRIM_THRESHOLD_", "8589934592");

  private NtXentBenchmark() {}

  /** A process that answers each line "rows repetitions" with MiB and milliseconds. */
  private static final class Contender implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final List<Double> times = new ArrayList<>();
    private double memory = Double.NaN;

    Contender(Map<String, String> environment, List<String> command) throws IOException {
      var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().putAll(environment);
      process = builder.start();
      answers = process.inputReader();
    }

    void turn(int rows, int repetitions) throws IOException {
      var questions = process.outputWriter();
      questions.write(rows + " " + repetitions + "\n");
      questions.flush();
      String line = answers.readLine();
      if (line == null) {
        throw new IOException("a contender ended");
      }
      String[] answer = line.split(" ");
      memory = times.isEmpty() ? Double.parseDouble(answer[0]) : memory;
      Arrays.stream(answer).skip(1).map(Double::valueOf).forEach(times::add);
    }

    double median() {
      double[] sorted = times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  private static Map<String, Contender> contenders(String python, int rows) throws IOException {
    Map<String, Contender> contenders = new LinkedHashMap<>();
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> own =
        List.of(
            java,
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            NtXentBenchmark.class.getName(),
            OURS);
    contenders.put(OURS, new Contender(Map.of(), own));
    if (rows <= MOST_ROWS_OF_PEERS) {
      String script = Repository.path("tests/peers/nt_xent.py").toString();
      for (String form : FORMS) {
        List<String> peer = List.of(python, script, form);
        contenders.put(form, new Contender(Map.of(), peer));
        contenders.put(form + ", memory kept", new Contender(KEEP, peer));
      }
    }
    return contenders;
  }

  private static void compare(String python, int rows) throws IOException {
    Map<String, Contender> contenders = contenders(python, rows);
    try {
      for (int turn = 0; turn < TURNS; turn++) {
        for (Contender contender : contenders.values()) {
          contender.turn(rows, Math.clamp(16384 / rows, 1, 20));
        }
      }
      double ours = contenders.get(OURS).median();
      System.out.printf(
          "%n2N = %d, D = %d%n%-28s %10s %10s %8s%n", rows, COLUMNS, "", "ms", "MiB", "ratio");
      for (var entry : contenders.entrySet()) {
        double median = entry.getValue().median();
        System.out.printf(
            "%-28s %10.2f %10.1f %8.2f%n",
            entry.getKey(), median, entry.getValue().memory, median / ours);
      }
    } finally {
      contenders.values().forEach(Contender::close);
    }
  }

  private static Tensor embeddings(int rows) {
    return Init.normal_(Tensor.empty(DType.FLOAT32, rows, COLUMNS), 0, 1, rows).requiresGrad(true);
  }

  private static double step(Tensor z) {
    try (var _ = TensorScope.open()) {
      z.zeroGrad();
      long start = System.nanoTime();
      new NtXent(0.5).forward(z).loss().backward();
      return (System.nanoTime() - start) / 1e6;
    }
  }

  /** Returns a line of /proc/self/status, in MiB. */
  private static double status(String name) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String line = lines.filter(l -> l.startsWith(name)).findFirst().orElseThrow();
      return Double.parseDouble(line.split("\\s+")[1]) / 1024;
    }
  }

  private static void answer() throws IOException {
    var questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (var _ = TensorScope.open()) {
      Tensor few = embeddings(64);
      step(few); // code is loaded before any memory is counted
      step(few);
      Tensor z = few;
      for (String line = questions.readLine(); line != null; line = questions.readLine()) {
        String[] words = line.split(" ");
        int rows = Integer.parseInt(words[0]);
        z = z.size(0) == rows ? z : embeddings(rows);
        Files.writeString(Path.of("/proc/self/clear_refs"), "5");
        double before = status("VmRSS");
        step(z);
        StringBuilder answer = new StringBuilder("%.1f".formatted(status("VmHWM") - before));
        for (int i = 0; i < Integer.parseInt(words[1]); i++) {
          answer.append(" %.3f".formatted(step(z)));
        }
        System.out.println(answer);
      }
    }
  }

  /** Runs the benchmark; see the class for the arguments. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length > 0 && arguments[0].equals(OURS)) {
      answer();
      return;
    }
    String python = arguments.length > 0 ? arguments[0] : "python3";
    int[] sizes = Arrays.stream(arguments).skip(1).mapToInt(Integer::parseInt).toArray();
    for (int rows : sizes.length > 0 ? sizes : new int[] {1024, 4096, 8192}) {
      compare(python, rows);
    }
  }
}
