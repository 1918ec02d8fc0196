package dev.simclr.cli;

import com.google.protobuf.CodedOutputStream;
import dev.simclr.io.AtomicFiles;
import dev.simclr.io.CannotWriteException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.zip.CRC32C;

/**
 * A file of events that TensorBoard reads: TFRecord frames around messages of TensorFlow's {@code
 * event.proto} and {@code summary.proto}, of which only the fields below are used.
 */
final class EventFile implements AutoCloseable {
  private static final String VERSION = "brain.Event:2";

  // Fields of Event.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  // Of SessionLog, and its value START.
  private static final int STATUS = 1;
  private static final int START = 1;
  // Of Summary, of its Value, and of Image.
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int IMAGE = 4;
  private static final int HEIGHT = 1;
  private static final int WIDTH = 2;
  private static final int COLORSPACE = 3;
  private static final int ENCODED_IMAGE = 4;
  private static final int RGB = 3;

  private final Path file;
  private final FileChannel channel;
  private final Clock clock;

  private EventFile(Path file, FileChannel channel, Clock clock) {
    this.file = file;
    this.channel = channel;
    this.clock = clock;
  }

  /**
   * Creates a file; its name has to contain {@code tfevents}, and those of one run are read in the
   * order of their names.
   *
   * @param firstStep steps that were finished before; later ones that other files of the run may
   *     have are void
   * @throws CannotWriteException if it exists or cannot be written
   */
  static EventFile create(Path file, long firstStep, Clock clock) {
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      EventFile events = new EventFile(file, channel, clock);
      events.event(0, out -> out.writeString(FILE_VERSION, VERSION));
      // What a file of a run that was killed has of later steps is void; of step 0 there is
      // something again when a run without a checkpoint begins anew.
      events.event(
          firstStep == 0 ? 0 : firstStep + 1,
          out ->
              out.writeByteArray(
                  SESSION_LOG, message(session -> session.writeEnum(STATUS, START))));
      return events;
    } catch (IOException e) {
      throw new CannotWriteException(file, e);
    }
  }

  /** Adds a number. */
  void scalar(String tag, long step, double value) {
    value(step, tag, out -> out.writeFloat(SIMPLE_VALUE, (float) value));
  }

  /** Adds a picture, given as a PNG file. */
  void image(String tag, long step, int height, int width, byte[] png) {
    byte[] image =
        message(out -> {
          out.writeInt32(HEIGHT, height);
          out.writeInt32(WIDTH, width);
          out.writeInt32(COLORSPACE, RGB);
          out.writeByteArray(ENCODED_IMAGE, png);
        });
    value(step, tag, out -> out.writeByteArray(IMAGE, image));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new CannotWriteException(file, e);
    }
  }

  /** The fields of a message. */
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private void value(long step, String tag, Fields content) {
    byte[] value =
        message(out -> {
          out.writeString(TAG, tag);
          content.write(out);
        });
    byte[] summary = message(out -> out.writeByteArray(VALUE, value));
    event(step, out -> out.writeByteArray(SUMMARY, summary));
  }

  private void event(long step, Fields content) {
    Instant now = clock.instant();
    record(
        message(out -> {
          out.writeDouble(WALL_TIME, now.getEpochSecond() + now.getNano() * 1e-9);
          if (step != 0) {
            out.writeInt64(STEP, step);
          }
          content.write(out);
        }));
  }

  private static byte[] message(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("a message in memory", e);
    }
    return bytes.toByteArray();
  }

  /** A frame: length, its checksum, the message, its checksum. */
  private void record(byte[] message) {
    ByteBuffer frame = ByteBuffer.allocate(message.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    frame.putLong(message.length);
    frame.putInt(checksum(frame.array(), 0, 8));
    frame.put(message);
    frame.putInt(checksum(frame.array(), 12, message.length));
    try {
      AtomicFiles.writeFully(channel, frame.flip());
    } catch (IOException e) {
      throw new CannotWriteException(file, e);
    }
  }

  /** CRC-32C, rotated and shifted so that a checksum of data with checksums is no weaker. */
  private static int checksum(byte[] bytes, int start, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, start, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }
}
