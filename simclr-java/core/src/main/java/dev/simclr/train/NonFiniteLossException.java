package dev.simclr.train;

import dev.simclr.model.Parameter;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.SortedMap;

/**
 * The loss, or a weight that was to be saved, became infinite or NaN. The run ends before such
 * weights reach a checkpoint; the last checkpoint is intact.
 */
public final class NonFiniteLossException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 4;

  private final long step;
  private final int[] images;
  private final String[] names;

  /**
   * Says which loss it was.
   *
   * @param step the step, from 1
   * @param images indices and names of those whose projections are not finite, as far as they are
   *     known
   */
  NonFiniteLossException(long step, double loss, double lr, SortedMap<Integer, String> images) {
    super(
        "the loss is "
            + loss
            + " at step "
            + step
            + " (learning rate "
            + lr
            + ")"
            + describe(List.copyOf(images.values()))
            + "; lower optim.lr, lengthen optim.warmup_epochs or set train.precision=float32");
    this.step = step;
    this.images = images.keySet().stream().mapToInt(Integer::intValue).toArray();
    this.names = images.values().toArray(String[]::new);
  }

  private static String describe(List<String> images) {
    if (images.isEmpty()) {
      return "";
    }
    List<String> shown = images.subList(0, Math.min(SHOWN, images.size()));
    String more = images.size() > SHOWN ? " and " + (images.size() - SHOWN) + " more" : "";
    return ", with projections that are not finite of the training images "
        + String.join(", ", shown)
        + more;
  }

  private NonFiniteLossException(long step, String weight) {
    super(
        "after step "
            + step
            + ", "
            + weight
            + " is not finite; lower the learning rate or lengthen the warm-up");
    this.step = step;
    this.images = new int[0];
    this.names = new String[0];
  }

  /**
   * Checks what no loss has shown yet: the weights after an update.
   *
   * @param step the step of the update, from 1
   */
  static void requireFinite(List<Parameter> weights, long step) {
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      for (Parameter p : weights) {
        if (p.tensor().isfinite().all().itemLong() == 0) {
          throw new NonFiniteLossException(step, p.name());
        }
      }
    }
  }

  /** Returns the first step, counted from 1, whose loss or weights were not finite. */
  public long step() {
    return step;
  }

  /**
   * Returns the indices in the training data of the images of that step whose projections are not
   * finite, in ascending order; none if the loss alone is not, or if they are not known.
   */
  public int[] images() {
    return images.clone();
  }

  /** Returns the names of all of {@link #images()}, of which the message has the first few. */
  public List<String> names() {
    return List.of(names);
  }
}
