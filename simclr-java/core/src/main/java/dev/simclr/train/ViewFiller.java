package dev.simclr.train;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.augment.ViewKey;
import dev.simclr.compute.BatchLoader;
import dev.simclr.data.Box;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImagePart;
import dev.simclr.data.PixelReader;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the views of a step: of N images, view 1 in rows 0 to N-1, view 2 in rows N to 2N-1, and so
 * on. Which images, and every random number, follow from the seed and the step. Belongs to one
 * thread.
 */
final class ViewFiller implements BatchLoader.RowFiller {
  private final ImageDataset images;
  private final long seed;
  private final int batch;
  private final StepImages order;
  private final boolean shuffled;
  private final List<AugmentSampler> views;
  private final Augmenter augmenter;
  private final PixelReader reader;
  private final List<Draw> drawn = new ArrayList<>();

  /**
   * Prepares to make views.
   *
   * @param images at least a batch
   * @param train seed, batch size and kind of positives
   * @param views for each view what draws it
   * @param augmenter does it; used by no other thread
   */
  ViewFiller(
      ImageDataset images, TrainConfig train, List<AugmentSampler> views, Augmenter augmenter) {
    this.images = images;
    this.seed = train.seed();
    this.batch = train.batch();
    this.order = new StepImages(train, images.size());
    this.shuffled = train.positives() == TrainConfig.Positives.SHUFFLED;
    this.views = List.copyOf(views);
    this.augmenter = augmenter;
    this.reader = images.reader();
  }

  /** Returns the image in row {@code row}, 0 to VN-1 with V views, of a step. */
  int image(long step, int row) {
    return order.image(step, row);
  }

  @Override
  public void fill(long step, int firstRow, int endRow, MemorySegment out) {
    // All views of an image one after another, while it is in the cache.
    for (int row = firstRow; row < endRow; row++) {
      drawn.clear();
      for (int view = 0; view < views.size(); view++) {
        drawn.add(draw(step, view, row));
        boolean last = view == views.size() - 1;
        if (last || shuffled) {
          // Where the image is decoded, that is done once for all its views.
          add(drawn);
          drawn.clear();
          if (reader.decodes()) {
            augmenter.run(out);
            reader.recycle();
          }
        }
      }
    }
    augmenter.run(out);
    reader.recycle();
  }

  /** What was drawn for one view, and the row of the batch for it. */
  private record Draw(int image, AugmentParams params, long row) {
    Box box() {
      return new Box(params.top(), params.left(), params.height(), params.width());
    }
  }

  private Draw draw(long step, int view, int row) {
    long place = (long) view * batch + row;
    int index = image(step, (int) place);
    try {
      ViewKey key = new ViewKey(seed, order.epoch(step, (int) place), step, index, view);
      return new Draw(
          index, views.get(view).sample(key, images.height(index), images.width(index)), place);
    } catch (RuntimeException e) {
      throw failed(index, e);
    }
  }

  /** Adds views of one image. */
  private void add(List<Draw> draws) {
    int index = draws.getFirst().image;
    try {
      Box union = draws.getFirst().box();
      int reduction = 8;
      for (int i = 0; i < draws.size(); i++) {
        union = union.union(draws.get(i).box());
        reduction = Math.min(reduction, reduction(draws.get(i)));
      }
      ImagePart part = reader.read(index, union, reduction);
      for (int i = 0; i < draws.size(); i++) {
        Draw draw = draws.get(i);
        Box crop = part.locate(draw.box());
        augmenter.add(
            part.pixels(),
            part.box().height(),
            part.box().width(),
            draw.params.withCrop(crop.top(), crop.left(), crop.height(), crop.width()),
            draw.row);
      }
    } catch (RuntimeException e) {
      throw failed(index, e);
    }
  }

  /** By how much the image may be made smaller so that the crop is still as large as the view. */
  private int reduction(Draw draw) {
    int times = Math.min(draw.params.height(), draw.params.width()) / augmenter.format().size();
    return Math.clamp(Integer.highestOneBit(times), 1, 8);
  }

  private DataException failed(int index, RuntimeException e) {
    augmenter.clear();
    return new DataException("no view of " + images.name(index) + ": " + e.getMessage(), e);
  }
}
