package dev.simclr.data;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Reads the binary PPM files of the fixtures. */
final class Ppm {
  private Ppm() {}

  static RgbImage read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int[] numbers = new int[3];
    int at = 2;
    for (int i = 0; i < numbers.length; i++) {
      int from = at + 1;
      at = from;
      while (Character.isDigit(bytes[at])) {
        at++;
      }
      numbers[i] = Integer.parseInt(new String(bytes, from, at - from, US_ASCII));
    }
    return RgbImage.of(numbers[1], numbers[0], Arrays.copyOfRange(bytes, at + 1, bytes.length));
  }
}
