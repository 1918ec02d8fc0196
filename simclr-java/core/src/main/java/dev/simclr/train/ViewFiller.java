package dev.simclr.train;

import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
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
  private final boolean shuffled;
  private final ViewDraws draws;
  private final Augmenter augmenter;
  private final PixelReader reader;
  private final List<ViewDraws.Draw> drawn = new ArrayList<>();

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
    this.shuffled = train.positives() == TrainConfig.Positives.SHUFFLED;
    this.draws = new ViewDraws(images, train, views);
    this.augmenter = augmenter;
    this.reader = images.reader();
  }

  /** Returns the image in row {@code row}, 0 to VN-1 with V views, of a batch. */
  int image(long step, int row) {
    return draws.image(step, row);
  }

  @Override
  public void fill(long step, int firstRow, int endRow, MemorySegment out) {
    // All views of an image one after another, while it is in the cache.
    for (int row = firstRow; row < endRow; row++) {
      drawn.clear();
      for (int view = 0; view < draws.views(); view++) {
        drawn.add(draw(step, view, row));
        boolean last = view == draws.views() - 1;
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

  private ViewDraws.Draw draw(long step, int view, int row) {
    try {
      return draws.draw(step, view, row);
    } catch (RuntimeException e) {
      augmenter.clear();
      throw e;
    }
  }

  /** Adds views of one image. */
  private void add(List<ViewDraws.Draw> views) {
    int index = views.getFirst().image();
    try {
      Box union = views.getFirst().box();
      int reduction = 8;
      for (int i = 0; i < views.size(); i++) {
        union = union.union(views.get(i).box());
        reduction = Math.min(reduction, reduction(views.get(i)));
      }
      ImagePart part = reader.read(index, union, reduction);
      for (int i = 0; i < views.size(); i++) {
        ViewDraws.Draw draw = views.get(i);
        Box crop = part.locate(draw.box());
        augmenter.add(
            part.pixels(),
            part.box().height(),
            part.box().width(),
            draw.params().withCrop(crop.top(), crop.left(), crop.height(), crop.width()),
            draw.row());
      }
    } catch (RuntimeException e) {
      throw failed(index, e);
    }
  }

  /** By how much the image may be made smaller so that the crop is still as large as the view. */
  private int reduction(ViewDraws.Draw draw) {
    int times = Math.min(draw.params().height(), draw.params().width()) / augmenter.format().size();
    return Math.clamp(Integer.highestOneBit(times), 1, 8);
  }

  private DataException failed(int index, RuntimeException e) {
    augmenter.clear();
    return draws.failed(index, e);
  }
}
