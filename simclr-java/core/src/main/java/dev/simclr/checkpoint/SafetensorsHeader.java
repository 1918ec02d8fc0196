package dev.simclr.checkpoint;

import dev.simclr.torch.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;

/**
 * The JSON header of a safetensors file: what tensors there are and where their bytes lie.
 *
 * <p>Whatever a file says is checked before anything relies on it, with the rules of the format's
 * reference implementation and a few stricter ones: each key at most once, no unknown fields, at
 * most {@value #MAX_ENTRIES} entries and {@value #MAX_DIMENSIONS} dimensions, offsets contiguous
 * from 0 without hole or overlap up to the end of the file, and byte sizes equal to shape times
 * element size, all in checked arithmetic.
 *
 * @param tensors the entries by name, in order of their offsets
 * @param metadata the {@code __metadata__} strings, empty when absent
 */
record SafetensorsHeader(Map<String, TensorInfo> tensors, Map<String, String> metadata) {

  /** Largest header that is read or written, in bytes; the reference's limit. */
  static final long MAX_HEADER_BYTES = 100_000_000L;

  static final int MAX_ENTRIES = 1_000_000;
  static final int MAX_DIMENSIONS = 64;

  private static final String METADATA_KEY = "__metadata__";
  private static final int ALIGNMENT = 8;

  // The root object, one entry, one of its arrays.
  private static final int MAX_DEPTH = 3;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(20)
                  .build())
          // Names come from outside and are used once: a shared symbol table would only keep them.
          .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .build();

  /**
   * Reads and checks a header.
   *
   * @param json the header's text, exactly
   * @param dataBytes size of the data section that follows it in the file
   * @throws Malformed when a rule is broken
   * @throws IOException when the text cannot be read
   */
  static SafetensorsHeader parse(Reader json, long dataBytes) throws Malformed, IOException {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
      require(parser.nextToken() == JsonToken.START_OBJECT, "the header is not a JSON object");
      boolean seenMetadata = false;
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        if (name.equals(METADATA_KEY)) {
          require(!seenMetadata, METADATA_KEY + " appears twice");
          seenMetadata = true;
          readMetadata(parser, metadata);
        } else {
          TensorInfo info = readEntry(parser, name);
          require(tensors.put(name, info) == null, "tensor '" + name + "' appears twice");
          require(tensors.size() <= MAX_ENTRIES, "more than " + MAX_ENTRIES + " tensors");
        }
      }
      require(parser.nextToken() == null, "text after the header's JSON object");
    } catch (JacksonIOException e) {
      if (e.getCause() instanceof CharacterCodingException) {
        throw new Malformed("the header is not valid UTF-8", e);
      }
      throw e.getCause();
    } catch (JacksonException e) {
      throw new Malformed("the header is not valid JSON: " + e.getOriginalMessage(), e);
    }
    return new SafetensorsHeader(
        Collections.unmodifiableMap(inOffsetOrder(tensors, dataBytes)),
        Collections.unmodifiableMap(metadata));
  }

  private static void readMetadata(JsonParser parser, Map<String, String> metadata)
      throws Malformed {
    require(parser.nextToken() == JsonToken.START_OBJECT, METADATA_KEY + " is not an object");
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      require(
          parser.nextToken() == JsonToken.VALUE_STRING,
          METADATA_KEY + " value of '" + key + "' is not a string");
      require(
          metadata.put(key, parser.getString()) == null,
          METADATA_KEY + " key '" + key + "' appears twice");
      require(metadata.size() <= MAX_ENTRIES, "more than " + MAX_ENTRIES + " metadata keys");
    }
  }

  private static TensorInfo readEntry(JsonParser parser, String name) throws Malformed {
    String where = "tensor '" + name + "': ";
    require(parser.nextToken() == JsonToken.START_OBJECT, where + "entry is not an object");
    Set<String> seen = new HashSet<>();
    SafetensorsType type = SafetensorsType.U8;
    List<Long> shape = List.of();
    List<Long> offsets = List.of();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = parser.currentName();
      require(seen.add(field), where + "field '" + field + "' appears twice");
      switch (field) {
        case "dtype" -> {
          require(parser.nextToken() == JsonToken.VALUE_STRING, where + "dtype is not a string");
          type = typeNamed(parser.getString(), where);
        }
        case "shape" -> shape = readSizes(parser, MAX_DIMENSIONS, where + "shape");
        case "data_offsets" -> offsets = readSizes(parser, 2, where + "data_offsets");
        default -> throw new Malformed(where + "unknown field '" + field + "'");
      }
    }
    for (String field : List.of("dtype", "shape", "data_offsets")) {
      require(seen.contains(field), where + field + " is missing");
    }
    require(offsets.size() == 2, where + "data_offsets has not two values");
    return new TensorInfo(name, type, shape, offsets.get(0), offsets.get(1));
  }

  private static SafetensorsType typeNamed(String name, String where) throws Malformed {
    for (SafetensorsType type : SafetensorsType.values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    throw new Malformed(where + "unknown dtype '" + name + "'");
  }

  private static List<Long> readSizes(JsonParser parser, int limit, String what) throws Malformed {
    require(parser.nextToken() == JsonToken.START_ARRAY, what + " is not an array");
    List<Long> sizes = new ArrayList<>(4);
    JsonToken token;
    while ((token = parser.nextToken()) != JsonToken.END_ARRAY) {
      require(token == JsonToken.VALUE_NUMBER_INT, what + " holds something else than an integer");
      require(sizes.size() < limit, what + " has more than " + limit + " values");
      // Beyond 63 bits this throws a JacksonException, which the caller reports.
      long value = parser.getLongValue();
      require(value >= 0, what + " holds a negative value");
      sizes.add(value);
    }
    return Collections.unmodifiableList(sizes);
  }

  private static Map<String, TensorInfo> inOffsetOrder(
      Map<String, TensorInfo> tensors, long dataBytes) throws Malformed {
    List<TensorInfo> sorted = new ArrayList<>(tensors.values());
    sorted.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
    Map<String, TensorInfo> result = LinkedHashMap.newLinkedHashMap(sorted.size());
    long expected = 0;
    for (TensorInfo info : sorted) {
      String where = "tensor '" + info.name() + "': ";
      require(
          info.begin() == expected && info.end() >= info.begin(),
          where
              + "data_offsets ["
              + info.begin()
              + ", "
              + info.end()
              + "] do not continue at byte "
              + expected);
      long bytes = byteSize(info.type(), info.shape(), where);
      require(
          bytes == info.byteSize(),
          where + "shape needs " + bytes + " bytes, data_offsets span " + info.byteSize());
      expected = info.end();
      result.put(info.name(), info);
    }
    require(
        expected == dataBytes,
        "the tensors end at data byte " + expected + ", the file at " + dataBytes);
    return result;
  }

  private static long byteSize(SafetensorsType type, List<Long> shape, String where)
      throws Malformed {
    try {
      long elements = 1;
      for (long size : shape) {
        elements = Math.multiplyExact(elements, size);
      }
      long bits = Math.multiplyExact(elements, (long) type.bits());
      require(bits % 8 == 0, where + "the data does not end on a byte boundary");
      return bits / 8;
    } catch (ArithmeticException e) {
      throw new Malformed(where + "shape " + shape + " overflows 64 bits", e);
    }
  }

  /**
   * Lays out tensors for writing: larger element types first, then by name, so that every tensor is
   * aligned to its element size and equal contents give equal files.
   *
   * @throws IllegalArgumentException for a name that the format cannot hold
   */
  static SafetensorsHeader layOut(
      Map<String, DType> types, Function<String, long[]> shapes, Map<String, String> metadata) {
    List<String> names = new ArrayList<>(types.keySet());
    names.sort(
        Comparator.<String>comparingInt(name -> -types.get(name).byteSize())
            .thenComparing(Comparator.naturalOrder()));
    Map<String, TensorInfo> tensors = LinkedHashMap.newLinkedHashMap(names.size());
    CharsetEncoder utf8 = StandardCharsets.UTF_8.newEncoder();
    long offset = 0;
    for (String name : names) {
      if (name.isEmpty() || name.equals(METADATA_KEY) || !utf8.canEncode(name)) {
        throw new IllegalArgumentException(
            "tensor name '" + name + "' cannot be saved: empty, reserved or not valid Unicode");
      }
      List<Long> shape = new ArrayList<>();
      long bytes = types.get(name).byteSize();
      for (long size : shapes.apply(name)) {
        shape.add(size);
        bytes = Math.multiplyExact(bytes, size);
      }
      long end = Math.addExact(offset, bytes);
      SafetensorsType type = SafetensorsType.of(types.get(name));
      tensors.put(name, new TensorInfo(name, type, List.copyOf(shape), offset, end));
      offset = end;
    }
    return new SafetensorsHeader(tensors, new TreeMap<>(metadata));
  }

  /**
   * Returns the header as it stands in a file: length, JSON, spaces up to a multiple of 8 bytes.
   */
  ByteBuffer encode() {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), json)) {
      out.writeStartObject();
      if (!metadata.isEmpty()) {
        out.writeName(METADATA_KEY).writeStartObject();
        metadata.forEach(out::writeStringProperty);
        out.writeEndObject();
      }
      for (TensorInfo info : tensors.values()) {
        out.writeName(info.name()).writeStartObject();
        out.writeStringProperty("dtype", info.type().name());
        out.writeName("shape").writeStartArray();
        info.shape().forEach(out::writeNumber);
        out.writeEndArray();
        out.writeName("data_offsets").writeStartArray();
        out.writeNumber(info.begin()).writeNumber(info.end());
        out.writeEndArray().writeEndObject();
      }
      out.writeEndObject();
    }
    int padded = Math.ceilDiv(json.size(), ALIGNMENT) * ALIGNMENT;
    if (padded > MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "the header would take " + padded + " bytes, the limit is " + MAX_HEADER_BYTES);
    }
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(padded).put(json.toByteArray());
    while (buffer.hasRemaining()) {
      buffer.put((byte) ' ');
    }
    return buffer.flip();
  }

  private static void require(boolean condition, String message) throws Malformed {
    if (!condition) {
      throw new Malformed(message);
    }
  }

  /** Says which rule a header breaks; the reader adds the file's name. */
  static final class Malformed extends Exception {

    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message);
    }

    Malformed(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
