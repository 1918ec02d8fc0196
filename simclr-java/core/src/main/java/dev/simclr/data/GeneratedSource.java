package dev.simclr.data;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Images drawn by code, packed like any others so that later runs need not draw them again. */
public final class GeneratedSource implements DataSource {
  private final String id;
  private final Map<Split, ImageGenerator> generators;

  private GeneratedSource(String id, Map<Split, ImageGenerator> generators) {
    this.id = id;
    this.generators = generators;
  }

  /**
   * A source of generated images.
   *
   * @param id see {@link DataSource#id()}
   * @param generators the generator of each split that there is
   * @throws IllegalArgumentException if {@code id} cannot be part of a file name
   */
  public static GeneratedSource of(String id, Map<Split, ImageGenerator> generators) {
    if (!id.matches("[a-z0-9-]+")) {
      throw new IllegalArgumentException(
          "id must be lower-case letters, digits and dashes, got \"" + id + "\"");
    }
    return new GeneratedSource(id, Map.copyOf(generators));
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String location(Split split) {
    return generator(split).parameters();
  }

  @Override
  public boolean has(Split split) {
    return generators.containsKey(split);
  }

  @Override
  public ImageList list(Split split) {
    return new Drawings(split, generator(split));
  }

  private ImageGenerator generator(Split split) {
    ImageGenerator generator = generators.get(split);
    if (generator == null) {
      throw new DataException("the data set " + id + " has no " + split.id() + " images");
    }
    return generator;
  }

  private record Drawings(Split split, ImageGenerator generator) implements ImageList {
    Drawings {
      Objects.requireNonNull(generator, "generator");
    }

    @Override
    public int size() {
      return generator.size();
    }

    @Override
    public String name(int index) {
      return "%s/%05d".formatted(split.id(), index);
    }

    @Override
    public int label(int index) {
      return generator.label(index);
    }

    @Override
    public List<String> classNames() {
      return generator.classNames();
    }

    @Override
    public String version() {
      return generator.parameters();
    }

    @Override
    public RgbImage read(int index, DecodeLimits limits) throws BadImageException {
      RgbImage image = generator.draw(index);
      limits.checkSize(image.width(), image.height());
      return image;
    }

    @Override
    public void close() {
      // Nothing is held open.
    }
  }
}
