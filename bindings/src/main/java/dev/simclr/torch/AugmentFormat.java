package dev.simclr.torch;

import dev.simclr.torch.internal.SctAugment;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What all views of an {@link AugmentBatch} have in common: three channels, square.
 *
 * @param size rows and columns, 1 to 4096
 * @param dtype {@link DType#FLOAT32} or {@link DType#BFLOAT16}, rounded to nearest even
 * @param layout {@link MemoryFormat#CHANNELS_LAST} or {@link MemoryFormat#CONTIGUOUS}
 * @param resize how a box is resized
 * @param normalize the last operation; without it values are in [0, 1]
 * @param isa instruction set of the CPU kernel
 */
public record AugmentFormat(
    int size,
    DType dtype,
    MemoryFormat layout,
    Resize resize,
    Optional<Normalize> normalize,
    Isa isa) {

  /** Channels of a view: red, green, blue. */
  public static final int CHANNELS = 3;

  private static final int LARGEST_SIZE = 4096;

  /** Filters of the resize. */
  public enum Resize {
    /** Triangle filter, antialiased: PyTorch's {@code interpolate(antialias=True)}. */
    BILINEAR(SctAugment.RESIZE_BILINEAR),
    /** Keys' cubic filter with a = -0.5, antialiased likewise; it may overshoot. */
    BICUBIC(SctAugment.RESIZE_BICUBIC),
    /**
     * TensorFlow's {@code ResizeBicubic} with half-pixel centres: a = -0.5 from a table of 1024
     * steps, not antialiased; it may overshoot.
     */
    BICUBIC_TENSORFLOW(SctAugment.RESIZE_BICUBIC_TENSORFLOW);

    private final int code;

    Resize(int code) {
      this.code = code;
    }
  }

  /** Instruction sets of the CPU kernel; the results agree to rounding. */
  public enum Isa {
    /** The best one of this machine, or that which SIMCLR_ISA names. */
    AUTO(SctAugment.ISA_AUTO),
    /** Portable code. */
    SCALAR(SctAugment.ISA_SCALAR),
    /** AVX2 and FMA. */
    AVX2(SctAugment.ISA_AVX2),
    /** AVX-512. */
    AVX512(SctAugment.ISA_AVX512);

    private final int code;

    Isa(int code) {
      this.code = code;
    }

    static Isa of(int code) {
      for (Isa isa : values()) {
        if (isa.code == code) {
          return isa;
        }
      }
      throw new TorchException(
          TorchException.Kind.UNSUPPORTED, "instruction set with number " + code + " is unknown");
    }
  }

  /**
   * The map (x - mean) / std of each channel.
   *
   * @param mean of red, green and blue, finite
   * @param std of red, green and blue, finite and above 0
   */
  public record Normalize(List<Float> mean, List<Float> std) {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if there are not three of each, or one is out of range
     */
    public Normalize {
      mean = List.copyOf(mean);
      std = List.copyOf(std);
      if (mean.size() != CHANNELS || std.size() != CHANNELS) {
        throw new IllegalArgumentException(
            "mean is " + mean + " and std " + std + "; allowed: three numbers each");
      }
      for (float m : mean) {
        if (!Float.isFinite(m)) {
          throw new IllegalArgumentException("mean is " + mean + "; allowed: finite numbers");
        }
      }
      for (float s : std) {
        if (!(s > 0) || !Float.isFinite(s)) {
          throw new IllegalArgumentException("std is " + std + "; allowed: finite numbers above 0");
        }
      }
    }
  }

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public AugmentFormat {
    if (size < 1 || size > LARGEST_SIZE) {
      throw new IllegalArgumentException("size is " + size + "; allowed: 1 to " + LARGEST_SIZE);
    }
    if (dtype != DType.FLOAT32 && dtype != DType.BFLOAT16) {
      throw new IllegalArgumentException("dtype is " + dtype + "; allowed: float32, bfloat16");
    }
    if (layout != MemoryFormat.CHANNELS_LAST && layout != MemoryFormat.CONTIGUOUS) {
      throw new IllegalArgumentException(
          "layout is " + layout + "; allowed: CHANNELS_LAST, CONTIGUOUS");
    }
    Objects.requireNonNull(resize, "resize");
    Objects.requireNonNull(normalize, "normalize");
    Objects.requireNonNull(isa, "isa");
  }

  /**
   * Returns the instruction set that {@link Isa#AUTO} stands for.
   *
   * @throws TorchException of kind UNSUPPORTED if SIMCLR_ISA names one that this machine lacks
   */
  public static Isa bestIsa() {
    return Isa.of(SctAugment.isa());
  }

  /** Returns the bytes of a view. */
  public long viewBytes() {
    return (long) CHANNELS * size * size * dtype.byteSize();
  }

  int resizeCode() {
    return resize.code;
  }

  int isaCode() {
    return isa.code;
  }
}
