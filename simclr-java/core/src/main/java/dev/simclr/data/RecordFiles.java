package dev.simclr.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Files of records of one length, one after another. May be read by several threads at once. */
final class RecordFiles implements AutoCloseable {
  private final int recordBytes;
  private final List<Path> files;
  private final List<FileChannel> channels = new ArrayList<>();
  // ends[f] is the number of records in files 0 to f.
  private final int[] ends;

  private RecordFiles(int recordBytes, List<Path> files) {
    this.recordBytes = recordBytes;
    this.files = List.copyOf(files);
    this.ends = new int[files.size()];
  }

  /**
   * Opens files.
   *
   * @param title the data set, for messages
   * @param recordBytes length of a record
   * @param files at least one
   * @throws DataException if one cannot be read, or does not consist of such records
   */
  static RecordFiles open(String title, int recordBytes, List<Path> files) {
    RecordFiles records = new RecordFiles(recordBytes, files);
    try {
      records.openFiles(title);
      return records;
    } catch (DataException e) {
      records.close();
      throw e;
    }
  }

  private void openFiles(String title) {
    long total = 0;
    for (int f = 0; f < ends.length; f++) {
      Path file = files.get(f);
      long length;
      try {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        channels.add(channel);
        length = channel.size();
      } catch (IOException e) {
        throw SourceFiles.unreadable(file, e);
      }
      if (length == 0 || length % recordBytes != 0) {
        throw new DataException(
            "%s is truncated or not a %s file: it has %d bytes, not a multiple of %d"
                .formatted(file, title, length, recordBytes));
      }
      total += length / recordBytes;
      if (total > Integer.MAX_VALUE) {
        throw new DataException(file + " is too large: more than 2^31 - 1 records");
      }
      ends[f] = (int) total;
    }
  }

  int size() {
    return ends[ends.length - 1];
  }

  /** Number of records of one of the files. */
  int size(int file) {
    return ends[file] - start(file);
  }

  /** The file of a record and its number there, for messages. */
  String describe(int index) {
    int f = fileOf(index);
    return files.get(f) + " record " + (index - start(f));
  }

  /** Adds what changes when the content of a file does. */
  void addStamps(Sha256 digest) {
    files.forEach(file -> SourceFiles.addStamp(digest, file));
  }

  /** Reads {@code length} bytes of a record, from {@code offset} on. */
  byte[] read(int index, int offset, int length) {
    int f = fileOf(index);
    long at = (long) (index - start(f)) * recordBytes + offset;
    ByteBuffer bytes = ByteBuffer.allocate(length);
    try {
      while (bytes.hasRemaining()) {
        if (channels.get(f).read(bytes, at + bytes.position()) < 0) {
          throw new DataException(files.get(f) + " became shorter while it was read");
        }
      }
    } catch (IOException e) {
      throw SourceFiles.unreadable(files.get(f), e);
    }
    return bytes.array();
  }

  @Override
  public void close() {
    for (int f = 0; f < channels.size(); f++) {
      try {
        channels.get(f).close();
      } catch (IOException e) {
        throw SourceFiles.unreadable(files.get(f), e);
      }
    }
  }

  private int fileOf(int index) {
    Objects.checkIndex(index, size());
    int at = Arrays.binarySearch(ends, index);
    // An index equal to the end of a file is the first of the next one.
    return at >= 0 ? at + 1 : -at - 1;
  }

  private int start(int f) {
    return f == 0 ? 0 : ends[f - 1];
  }
}
