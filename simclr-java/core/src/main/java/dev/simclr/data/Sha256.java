package dev.simclr.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A running SHA-256 over values that cannot run into each other: every text has its length before.
 */
final class Sha256 {
  /** Length of a digest in bytes. */
  static final int BYTES = 32;

  private final MessageDigest digest;

  Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime must have SHA-256", e);
    }
  }

  Sha256 add(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return add(bytes.length).add(bytes);
  }

  Sha256 add(long value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, value));
    return this;
  }

  Sha256 add(byte[] bytes) {
    digest.update(bytes);
    return this;
  }

  Sha256 add(ByteBuffer bytes) {
    digest.update(bytes);
    return this;
  }

  byte[] finish() {
    return digest.digest();
  }

  String finishHex() {
    return HexFormat.of().formatHex(finish());
  }
}
