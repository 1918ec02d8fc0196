package dev.simclr.train;

import java.util.Optional;

/**
 * The precision of a run, and why.
 *
 * @param bf16 whether convolutions and matrix products run in bfloat16
 * @param reason one line for the log
 * @param warning one line if the choice is a costly one
 */
public record PrecisionChoice(boolean bf16, String reason, Optional<String> warning) {

  /**
   * Chooses the precision.
   *
   * @param asked what the configuration says
   * @param gpu whether tensors live on a GPU
   * @param instructions the processor's bfloat16 instructions, such as {@code "AVX512-BF16"}, or
   *     empty
   */
  static PrecisionChoice of(
      TrainConfig.Precision asked, boolean gpu, Optional<String> instructions) {
    Optional<String> support = gpu ? Optional.of("the GPU") : instructions;
    return switch (asked) {
      case FLOAT32 -> new PrecisionChoice(false, "float32, as configured", Optional.empty());
      case BF16 ->
          new PrecisionChoice(
              true,
              "bf16, as configured",
              support.isPresent()
                  ? Optional.empty()
                  : Optional.of(
                      "this processor has neither AVX512-BF16 nor AMX: bf16 is about 9 times slower"
                          + " than float32 here; set train.precision=auto"));
      case AUTO ->
          support.isPresent()
              ? new PrecisionChoice(
                  true, "bf16, because of " + support.orElseThrow(), Optional.empty())
              : new PrecisionChoice(
                  false,
                  "float32, because this processor has neither AVX512-BF16 nor AMX",
                  Optional.empty());
    };
  }
}
