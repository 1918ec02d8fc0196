package dev.simclr.testing;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The arrays of a fixture, as doubles; close it after use. */
public final class FixtureArrays implements AutoCloseable {

  private static final Pattern STRING = Pattern.compile("\"([^\"\\\\]*)\"");

  private final SafetensorsReader reader;

  private FixtureArrays(SafetensorsReader reader) {
    this.reader = reader;
  }

  /** Opens a fixture, for example {@code "resnet/resnet18.safetensors"}. */
  public static FixtureArrays open(String name) {
    return new FixtureArrays(SafetensorsReader.open(Fixtures.path(name)));
  }

  /** Returns an array, row-major. */
  public double[] values(String name) {
    try (var _ = TensorScope.open()) {
      return reader.tensor(name).toDoubleArray();
    }
  }

  /** Returns an array of classes or counts. */
  public int[] integers(String name) {
    double[] values = values(name);
    int[] result = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = Math.toIntExact(Math.round(values[i]));
    }
    return result;
  }

  /** Returns a metadata entry that is a JSON array of plain strings. */
  public List<String> strings(String key) {
    return STRING.matcher(reader.metadata().get(key)).results().map(r -> r.group(1)).toList();
  }

  /** Returns a metadata entry that is a JSON array of integers. */
  public long[] sizes(String key) {
    return Pattern.compile("\\d+")
        .matcher(reader.metadata().get(key))
        .results()
        .map(MatchResult::group)
        .mapToLong(Long::parseLong)
        .toArray();
  }

  @Override
  public void close() {
    reader.close();
  }
}
