package dev.simclr.torch;

import dev.simclr.torch.internal.SctOptim;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * How a list of parameters is divided into groups with options of their own, which are put into
 * native memory once, not for every step.
 */
public final class OptimGroups {

  private final MemorySegment array;
  private final int size;

  /**
   * Parameters that follow each other in their list and are treated alike.
   *
   * @param count how many, 0 or more
   * @param weightDecay coefficient of the weights in their gradient (AdamW: of the direct
   *     shrinking), finite
   * @param adapt whether LARS scales the learning rate by the trust ratio; others ignore it
   */
  public record Group(int count, double weightDecay, boolean adapt) {}

  private OptimGroups(List<Group> groups) {
    size = groups.size();
    array = Arena.ofAuto().allocate(SctOptim.GROUP_BYTES * size, Long.BYTES);
    for (int i = 0; i < size; i++) {
      Group group = groups.get(i);
      SctOptim.writeGroup(array, i, group.count(), group.weightDecay(), group.adapt());
    }
  }

  /**
   * Returns groups for lists with as many parameters as they have together.
   *
   * @param groups in the order of the list; a step refuses those that do not fit its list, or have
   *     options that make no sense
   */
  public static OptimGroups of(List<Group> groups) {
    return new OptimGroups(List.copyOf(groups));
  }

  /** Returns one group with a whole list. */
  public static OptimGroups all(TensorList params, double weightDecay, boolean adapt) {
    return of(List.of(new Group(params.size(), weightDecay, adapt)));
  }

  /** Returns the number of groups. */
  public int size() {
    return size;
  }

  MemorySegment array() {
    return array;
  }
}
