package dev.simclr.data;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Which training images keep their labels in an experiment with few labels (SimCLR, arXiv
 * 2002.05709, section 6.2 and appendix B.5).
 */
public sealed interface LabelSelection {
  /** All images. */
  record All() implements LabelSelection {}

  /**
   * A share of the images, the same number of each class: share x images / classes, rounded, at
   * least 1.
   *
   * @param share above 0, at most 1
   */
  record Share(double share) implements LabelSelection {
    /**
     * Checks the share.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public Share {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException(
            "the share of labels is " + share + "; allowed: above 0, up to 1");
      }
    }
  }

  /**
   * A number of images of each class.
   *
   * @param count at least 1
   */
  record PerClass(int count) implements LabelSelection {
    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public PerClass {
      if (count < 1) {
        throw new IllegalArgumentException(
            "the number of labels per class is " + count + "; allowed: 1 or more");
      }
    }
  }

  /**
   * The images that a text file lists, one name a line, as the ImageNet subsets of the SimCLR
   * reference do. A name is that of the image in its data set, such as {@code n01440764/x.JPEG}, or
   * the last part of it. Blank lines are ignored.
   *
   * @param path the file, UTF-8
   */
  record Listed(Path path) implements LabelSelection {}

  /** A percentage, a number, or else a file. */
  Pattern NUMBER = Pattern.compile("([0-9]*\\.?[0-9]+)(%?)");

  /**
   * Reads {@code all}, {@code 1%}, {@code 25} (images of each class) or the path of a file.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  static LabelSelection parse(String text) {
    if (text.equals("all")) {
      return new All();
    }
    Matcher number = NUMBER.matcher(text);
    if (!number.matches()) {
      return new Listed(Path.of(text));
    }
    if (!number.group(2).isEmpty()) {
      return new Share(Double.parseDouble(number.group(1)) / 100);
    }
    try {
      return new PerClass(Integer.parseInt(number.group(1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "the number of labels per class is " + text + "; allowed: a whole number, 1 or more", e);
    }
  }

  /**
   * Chooses images.
   *
   * @param images the data set, all labelled
   * @param seed determines a random choice
   * @return indices in ascending order
   * @throws DataException if a class has too few images, or the file cannot be read or names an
   *     image that is not there, not certain or listed already
   */
  default int[] choose(ImageLabels images, long seed) {
    return switch (this) {
      case All() -> IntStream.range(0, images.size()).toArray();
      case Share(double share) -> {
        double each = share * images.size() / images.classNames().size();
        yield balanced(images, Math.max(1, (int) Math.rint(each)), seed);
      }
      case PerClass(int count) -> balanced(images, count, seed);
      case Listed(Path path) -> listed(images, path);
    };
  }

  private static int[] balanced(ImageLabels images, int count, long seed) {
    int[] labels = IntStream.range(0, images.size()).map(images::label).toArray();
    int[] members = new int[images.classNames().size()];
    for (int label : labels) {
      members[label]++;
    }
    for (int c = 0; c < members.length; c++) {
      if (members[c] < count) {
        throw new DataException(
            "class "
                + images.classNames().get(c)
                + " has "
                + members[c]
                + " labelled images, fewer than the "
                + count
                + " of each class that are asked for");
      }
    }
    return LabelledIndices.perClass(labels, members.length, count, seed);
  }

  private static int[] listed(ImageLabels images, Path path) {
    // A file name that several images have names none of them.
    Map<String, Integer> byName = new HashMap<>();
    for (int i = 0; i < images.size(); i++) {
      byName.merge(lastPart(images.name(i)), i, (a, b) -> -1);
    }
    for (int i = 0; i < images.size(); i++) {
      byName.put(images.name(i), i);
    }
    boolean[] chosen = new boolean[images.size()];
    List<String> lines = lines(path);
    for (int number = 1; number <= lines.size(); number++) {
      String name = lines.get(number - 1).strip();
      if (name.isEmpty()) {
        continue;
      }
      Integer index = byName.get(name);
      String problem =
          index == null
              ? "is no image of the data"
              : index < 0 ? "names several images" : chosen[index] ? "is listed twice" : "";
      if (!problem.isEmpty()) {
        throw new DataException(path + ", line " + number + ": " + name + " " + problem);
      }
      chosen[index] = true;
    }
    int[] indices = IntStream.range(0, chosen.length).filter(i -> chosen[i]).toArray();
    if (indices.length == 0) {
      throw new DataException(path + " lists no images");
    }
    return indices;
  }

  private static List<String> lines(Path path) {
    try {
      return Files.readAllLines(path);
    } catch (MalformedInputException e) {
      throw new DataException("cannot read " + path + ": it is not a text file in UTF-8", e);
    } catch (IOException e) {
      String reason = Files.exists(path) ? IoReasons.of(e) : "there is no such file";
      throw new DataException("cannot read " + path + ": " + reason, e);
    }
  }

  private static String lastPart(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }
}
