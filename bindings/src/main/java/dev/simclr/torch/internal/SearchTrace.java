package dev.simclr.torch.internal;

import dev.simclr.torch.TorchException;
import java.util.ArrayList;
import java.util.List;

/** Collects what the loader looked at, so that its error can tell the whole story. */
final class SearchTrace {

  private final List<String> steps = new ArrayList<>();

  void add(String step) {
    steps.add(step);
  }

  /** Returns an exception whose first line is the reason, followed by one line for each step. */
  TorchException failure(String reason, Throwable cause) {
    StringBuilder message = new StringBuilder(reason);
    for (String step : steps) {
      message.append("\n  tried ").append(step);
    }
    return new TorchException(TorchException.Kind.LIBRARY, message.toString(), cause);
  }

  TorchException failure(String reason) {
    return failure(reason, null);
  }

  @Override
  public String toString() {
    return String.join("\n", steps);
  }
}
