package dev.simclr.torch;

import dev.simclr.torch.internal.SctDevice;
import java.util.Objects;

/**
 * Where a tensor lives: the CPU, or one CUDA device.
 *
 * @param kind the kind of device
 * @param index the CUDA ordinal, counted from 0; 0 for the CPU
 */
public record Device(Kind kind, int index) {

  /** The kinds of device that this library drives. */
  public enum Kind {
    /** Host memory. */
    CPU,
    /** A CUDA device. */
    CUDA;

    /** Not a field: the numbers cannot be asked for before the library is loaded, kinds can. */
    int code() {
      return switch (this) {
        case CPU -> SctDevice.CPU;
        case CUDA -> SctDevice.CUDA;
      };
    }
  }

  /** The CPU. */
  public static final Device CPU = new Device(Kind.CPU, 0);

  /**
   * @throws IllegalArgumentException if the index is negative, or not 0 for the CPU
   */
  public Device {
    Objects.requireNonNull(kind, "kind");
    if (index < 0 || index > Byte.MAX_VALUE) {
      throw new IllegalArgumentException("index: " + index + ", must be in [0, 127]");
    }
    if (kind == Kind.CPU && index != 0) {
      throw new IllegalArgumentException("index: " + index + ", must be 0 for the CPU");
    }
  }

  /** Returns the CUDA device of this ordinal; whether it exists shows when it is first used. */
  public static Device cuda(int index) {
    return new Device(Kind.CUDA, index);
  }

  /**
   * Reads PyTorch's notation: {@code cpu}, {@code cuda} (the same as {@code cuda:0}), {@code
   * cuda:1}.
   *
   * @throws IllegalArgumentException if the text is something else
   */
  public static Device parse(String text) {
    if (text.equals("cpu")) {
      return CPU;
    }
    if (text.equals("cuda")) {
      return cuda(0);
    }
    if (text.matches("cuda:[0-9]{1,3}")) {
      return cuda(Integer.parseInt(text.substring("cuda:".length())));
    }
    throw new IllegalArgumentException(
        "device: \"" + text + "\", must be \"cpu\", \"cuda\" or \"cuda:N\"");
  }

  /** Returns whether this is a CUDA device. */
  public boolean isCuda() {
    return kind == Kind.CUDA;
  }

  int kindCode() {
    return kind.code();
  }

  /** Returns the index as libtorch counts: the CPU has none, which is -1. */
  int indexCode() {
    return kind == Kind.CPU ? -1 : index;
  }

  static Device of(int kindCode, int index) {
    if (kindCode == SctDevice.CPU) {
      return CPU;
    }
    if (kindCode == SctDevice.CUDA) {
      return cuda(Math.max(index, 0));
    }
    throw new TorchException(
        TorchException.Kind.UNSUPPORTED, "device type " + kindCode + " of libtorch is unknown");
  }

  /** Returns PyTorch's notation, as {@link #parse} reads it. */
  @Override
  public String toString() {
    return kind == Kind.CPU ? "cpu" : "cuda:" + index;
  }
}
