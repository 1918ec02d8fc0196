package dev.simclr.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class LrScheduleTest {

  @Test
  void warmsUpLinearlyAndReachesThePeakInTheLastWarmUpStep() {
    // CIFAR-10 at batch 256: 195 steps an epoch, 10 epochs, peak 0.12.
    var schedule = new LrSchedule(0.12, 195, 1950);
    assertEquals(0.12 / 195, schedule.at(0), 1e-18);
    assertEquals(0.12 * 98 / 195, schedule.at(97), 1e-16);
    assertEquals(0.12, schedule.at(194), 1e-16);
    assertEquals(0.12, schedule.at(195), 1e-16, "the cosine starts at the peak");
  }

  /** The reference's README: CIFAR-10 at batch 512, 976 warm-up steps of 97,657, peak 2. */
  @Test
  void warmsUpFromZeroAsTheReferenceDoes() {
    var schedule = new LrSchedule(2.0, 976, 97657, true);
    assertEquals(0, schedule.at(0));
    assertEquals(2.0 / 976, schedule.at(1), 1e-18);
    assertEquals(2.0 * 975 / 976, schedule.at(975), 1e-15);
    assertEquals(2.0, schedule.at(976));
    assertEquals(1 + Math.cos(Math.PI / 96681), schedule.at(977), 1e-15);
    assertEquals(new LrSchedule(2.0, 976, 97657).at(5000), schedule.at(5000));
  }

  @Test
  void followsTheCosine() {
    var schedule = new LrSchedule(2.0, 100, 1100);
    assertEquals(1.0, schedule.at(600), 1e-15, "half way: half the peak");
    assertEquals(2.0 * 0.5 * (1 + Math.sqrt(0.5)), schedule.at(350), 1e-15, "a quarter: cos 45");
    assertTrue(schedule.at(1099) > 0 && schedule.at(1099) < 1e-5);
    assertEquals(0, schedule.at(1100));
    assertEquals(0, schedule.at(5000));
  }

  @Test
  void neverRisesAfterTheWarmUp() {
    var schedule = new LrSchedule(0.3, 7, 50);
    for (int step = 7; step < 60; step++) {
      assertTrue(schedule.at(step) <= schedule.at(step - 1), "step " + step);
    }
  }

  @Test
  void worksWithoutWarmUpAndWithWarmUpOnly() {
    assertEquals(0.5, new LrSchedule(0.5, 0, 10).at(0));
    var warmUp = new LrSchedule(0.5, 4, 4);
    assertEquals(0.5, warmUp.at(3));
    assertEquals(0, warmUp.at(4));
  }

  @Test
  void refusesValuesThatDescribeNoSchedule() {
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(Double.NaN, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(-1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(1, -1, 1));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(1, 0, 0));
    var e = assertThrows(IllegalArgumentException.class, () -> new LrSchedule(1, 5, 4));
    assertEquals("warmupSteps is 5; allowed: 0 to totalSteps, which is 4", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(1, 0, 1).at(-1));
  }
}
