package dev.simclr.augment;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The pipeline of a view: crop and resize, flip, then operations in the order in which they are
 * listed, each with its probability. What is left out, or has probability 0, changes nothing about
 * what is drawn for the others.
 *
 * @param semantics whose definition of crop, colour jitter and blur holds
 * @param crop random resized crop; {@link RandomViewCrop} is one that comes later
 * @param flip probability of a horizontal flip
 * @param ops the operations, each kind at most once
 */
public record AugmentConfig(Semantics semantics, RandomCrop crop, double flip, List<RandomOp> ops) {

  /** Nothing random: the whole image, resized. */
  public static final AugmentConfig NONE =
      new AugmentConfig(Semantics.TORCHVISION, RandomCrop.NONE, 0, List.of());

  /** Share of the image under which the reference's sampler refuses a crop. */
  static final float GOOGLE_MIN_COVERED = 0.1f;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public AugmentConfig {
    Objects.requireNonNull(semantics, "semantics");
    Objects.requireNonNull(crop, "crop");
    Checks.between("flip probability", flip, 0, 1);
    ops = List.copyOf(ops);
    Set<Class<?>> kinds = new HashSet<>();
    for (RandomOp op : ops) {
      if (!kinds.add(op.getClass())) {
        throw Checks.refused("operations", ops, "each kind at most once");
      }
    }
    if (semantics == Semantics.GOOGLE) {
      requireGoogleCrop(crop);
      for (RandomOp op : ops) {
        if (op instanceof RandomViewCrop(RandomCrop again)) {
          requireGoogleCrop(again);
        }
      }
    }
  }

  private static void requireGoogleCrop(RandomCrop crop) {
    if (crop.probability() > 0 && (float) crop.maxArea() < GOOGLE_MIN_COVERED) {
      throw Checks.refused(
          "largest crop area",
          crop.maxArea(),
          "at least "
              + GOOGLE_MIN_COVERED
              + " with the google semantics, which refuse smaller crops");
    }
  }

  /**
   * SimCLR's augmentation without blur, as for CIFAR-10: crop of area 0.08 to 1, flip with
   * probability 0.5, jitter with 0.8, gray with 0.2; torchvision's operations.
   *
   * @param strength of the colour jitter, see {@link ColorJitter#simclr}
   */
  public static AugmentConfig simclr(double strength) {
    return new AugmentConfig(
        Semantics.TORCHVISION,
        RandomCrop.SIMCLR,
        0.5,
        List.of(ColorJitter.simclr(strength), new RandomGray(0.2)));
  }

  /** The operation of a kind, if the pipeline has it. */
  public <T extends RandomOp> Optional<T> op(Class<T> kind) {
    return ops.stream().filter(kind::isInstance).map(kind::cast).findFirst();
  }

  /** The same with the definitions of another. */
  public AugmentConfig withSemantics(Semantics value) {
    return new AugmentConfig(value, crop, flip, ops);
  }

  /** The same with another crop. */
  public AugmentConfig withCrop(RandomCrop value) {
    return new AugmentConfig(semantics, value, flip, ops);
  }

  /** The same with another probability of a flip. */
  public AugmentConfig withFlip(double value) {
    return new AugmentConfig(semantics, crop, value, ops);
  }

  /** The same with other operations. */
  public AugmentConfig withOps(List<RandomOp> value) {
    return new AugmentConfig(semantics, crop, flip, value);
  }

  /** The same with an operation in the place of the one of its kind, or at the end. */
  public AugmentConfig with(RandomOp op) {
    List<RandomOp> changed = new ArrayList<>(ops);
    changed.replaceAll(old -> old.getClass() == op.getClass() ? op : old);
    if (!changed.contains(op)) {
      changed.add(op);
    }
    return withOps(changed);
  }

  /** The same without the operation of a kind. */
  public AugmentConfig without(Class<? extends RandomOp> kind) {
    return withOps(ops.stream().filter(op -> !kind.isInstance(op)).toList());
  }
}
