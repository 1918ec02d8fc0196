package dev.simclr.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The last part of a pack file: class names, then the images left out. Each list has its length
 * before it, each text its length in bytes (4 bytes each, little-endian).
 *
 * @param classNames names of the classes by label
 * @param skipped the images left out
 */
record PackNotes(List<String> classNames, List<BadImage> skipped) {
  byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    putInt(out, classNames.size());
    classNames.forEach(name -> putText(out, name));
    putInt(out, skipped.size());
    for (BadImage image : skipped) {
      putText(out, image.name());
      putText(out, image.reason());
    }
    return out.toByteArray();
  }

  static PackNotes decode(ByteBuffer in) throws InvalidPackException {
    in.order(ByteOrder.LITTLE_ENDIAN);
    try {
      List<String> classNames = new ArrayList<>();
      for (int n = size(in); n > 0; n--) {
        classNames.add(text(in));
      }
      List<BadImage> skipped = new ArrayList<>();
      for (int n = size(in); n > 0; n--) {
        skipped.add(new BadImage(text(in), text(in)));
      }
      if (in.hasRemaining()) {
        throw new InvalidPackException("its notes are longer than they say");
      }
      return new PackNotes(List.copyOf(classNames), List.copyOf(skipped));
    } catch (BufferUnderflowException e) {
      throw new InvalidPackException("its notes are cut off", e);
    }
  }

  private static int size(ByteBuffer in) throws InvalidPackException {
    int n = in.getInt();
    if (n < 0 || n > in.remaining()) {
      throw new InvalidPackException("its notes promise " + n + " items");
    }
    return n;
  }

  private static String text(ByteBuffer in) throws InvalidPackException {
    byte[] bytes = new byte[size(in)];
    in.get(bytes);
    return new String(bytes, UTF_8);
  }

  private static void putText(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    putInt(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void putInt(ByteArrayOutputStream out, int v) {
    out.writeBytes(
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(v).array());
  }
}
