package dev.simclr.train;

import static dev.simclr.train.TrainConfig.Precision.AUTO;
import static dev.simclr.train.TrainConfig.Precision.BF16;
import static dev.simclr.train.TrainConfig.Precision.FLOAT32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PrecisionChoiceTest {
  private static final Optional<String> NONE = Optional.empty();

  @Test
  void autoTakesBf16OnlyWhereItIsFast() {
    var avx = PrecisionChoice.of(AUTO, false, Optional.of("AVX512-BF16"));
    assertTrue(avx.bf16());
    assertEquals("bf16, because of AVX512-BF16", avx.reason());
    assertTrue(PrecisionChoice.of(AUTO, true, NONE).bf16());
    var plain = PrecisionChoice.of(AUTO, false, NONE);
    assertFalse(plain.bf16());
    assertEquals("float32, because this processor has neither AVX512-BF16 nor AMX", plain.reason());
  }

  @Test
  void slowBf16Warns() {
    var slow = PrecisionChoice.of(BF16, false, NONE);
    assertTrue(slow.bf16());
    assertTrue(slow.warning().orElseThrow().contains("about 9 times slower"));
    assertEquals(NONE, PrecisionChoice.of(BF16, true, NONE).warning());
    assertEquals(NONE, PrecisionChoice.of(BF16, false, Optional.of("AMX")).warning());
  }

  @Test
  void float32IsTakenAtItsWord() {
    assertFalse(PrecisionChoice.of(FLOAT32, true, Optional.of("AMX")).bf16());
  }
}
