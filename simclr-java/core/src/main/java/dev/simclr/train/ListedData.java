package dev.simclr.train;

import dev.simclr.data.DataException;
import dev.simclr.data.DataSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImageLabels;
import dev.simclr.data.ImageList;
import dev.simclr.data.Progress;
import dev.simclr.data.Split;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The images of a configuration before any of them is read: what does not depend on pixels can be
 * refused here, and not after minutes of packing. To be closed.
 */
public final class ListedData implements AutoCloseable {
  private final DataConfig data;
  private final DataSource source;
  private final Map<Split, ImageList> lists = new EnumMap<>(Split.class);

  private ListedData(DataConfig data, DataSource source) {
    this.data = data;
    this.source = source;
  }

  /**
   * Lists training images and, if there are such, test images.
   *
   * @throws IllegalArgumentException if {@code data.root} is needed and absent
   * @throws DataException if data is missing
   */
  public static ListedData of(DataConfig data) {
    DataSource source = RunData.source(data);
    ListedData listed = new ListedData(data, source);
    try {
      for (Split split : Split.values()) {
        if (split == Split.TRAIN || source.has(split)) {
          listed.lists.put(split, source.list(split));
        }
      }
    } catch (RuntimeException e) {
      listed.close();
      throw e;
    }
    return listed;
  }

  /** Returns the images to train on; usable until {@link #open}. */
  public ImageLabels train() {
    return lists.get(Split.TRAIN);
  }

  /** Returns the images to evaluate on, if the data has such; usable until {@link #open}. */
  public Optional<ImageLabels> test() {
    return Optional.ofNullable(lists.get(Split.TEST));
  }

  /**
   * Opens what was listed, packing it first if need be. May be called once.
   *
   * @return the images, to be closed; fewer than were listed where bad ones are left out
   * @throws IllegalArgumentException if {@code data.dct_scaling} is set where libjpeg-turbo is not
   *     available
   * @throws DataException if data is damaged
   */
  public RunData open(Progress progress) {
    boolean tests = lists.containsKey(Split.TEST);
    ImageDataset train = open(Split.TRAIN, progress);
    try {
      return RunData.owning(
          train, tests ? Optional.of(open(Split.TEST, progress)) : Optional.empty());
    } catch (RuntimeException e) {
      train.close();
      throw e;
    }
  }

  private ImageDataset open(Split split, Progress progress) {
    return RunData.open(data, new Handed(), split, progress);
  }

  /** Hands out each list once, to whoever closes it then. */
  private final class Handed implements DataSource {
    @Override
    public String id() {
      return source.id();
    }

    @Override
    public String location(Split split) {
      return source.location(split);
    }

    @Override
    public boolean has(Split split) {
      return source.has(split);
    }

    @Override
    public ImageList list(Split split) {
      ImageList list = lists.remove(split);
      if (list == null) {
        throw new IllegalStateException(split + " was opened before");
      }
      return list;
    }
  }

  @Override
  public void close() {
    lists.values().forEach(ImageList::close);
    lists.clear();
  }
}
