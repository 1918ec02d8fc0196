package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTest {

  @Test
  void readsAndWritesPyTorchsNotation() {
    assertEquals(Device.CPU, Device.parse("cpu"));
    assertEquals(Device.cuda(0), Device.parse("cuda"));
    assertEquals(Device.cuda(3), Device.parse("cuda:3"));
    assertEquals("cpu", Device.CPU.toString());
    assertEquals("cuda:3", Device.cuda(3).toString());
    assertTrue(Device.cuda(0).isCuda());
    assertFalse(Device.CPU.isCuda());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "cpu:0", "cuda:", "cuda:-1", "cuda:1 ", "CUDA", "cuda:200"})
  void refusesAnythingElse(String text) {
    assertThrows(IllegalArgumentException.class, () -> Device.parse(text));
  }

  @Test
  void indicesAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> Device.cuda(-1));
    assertThrows(IllegalArgumentException.class, () -> new Device(Device.Kind.CPU, 1));
    assertThrows(NullPointerException.class, () -> new Device(null, 0));
  }
}
