package dev.simclr.data;

import java.util.Arrays;

/** Big-endian numbers in byte arrays, as image files have them. */
final class Bytes {
  private Bytes() {}

  static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  static int uint8(byte[] bytes, int at) {
    return bytes[at] & 0xFF;
  }

  static int uint16(byte[] bytes, int at) {
    return uint8(bytes, at) << 8 | uint8(bytes, at + 1);
  }

  static long uint32(byte[] bytes, int at) {
    return (long) uint16(bytes, at) << 16 | uint16(bytes, at + 2);
  }
}
