package dev.simclr.train;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.ViewKey;
import dev.simclr.data.Box;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import java.util.List;

/**
 * Draws what is done to each image of a batch for each of its views. Which images, and every random
 * number, follow from the seed and the number of the batch, from 0. Belongs to one thread.
 */
final class ViewDraws {
  private final ImageDataset images;
  private final long seed;
  private final int batch;
  private final StepImages order;
  private final List<AugmentSampler> views;

  /**
   * What was drawn for one view.
   *
   * @param image number of the image
   * @param params what is done to it
   * @param row of the batch: of N images, view 1 in rows 0 to N-1, view 2 in rows N to 2N-1, and so
   *     on
   */
  record Draw(int image, AugmentParams params, long row) {
    Box box() {
      return new Box(params.top(), params.left(), params.height(), params.width());
    }
  }

  /**
   * Prepares to draw.
   *
   * @param images at least those of a step
   * @param train seed, batch size and kind of positives
   * @param views for each view what draws it
   */
  ViewDraws(ImageDataset images, TrainConfig train, List<AugmentSampler> views) {
    this.images = images;
    this.seed = train.seed();
    this.batch = train.batch();
    this.order = new StepImages(train, images.size());
    this.views = List.copyOf(views);
  }

  /** Returns the number of views of an image. */
  int views() {
    return views.size();
  }

  /** Returns the image in row {@code row}, 0 to VN-1 with V views, of a batch. */
  int image(long number, int row) {
    return order.image(number, row);
  }

  /**
   * Draws a view.
   *
   * @param number of the batch, from 0
   * @param view number of the view, from 0
   * @param place in the batch, 0 to N-1
   * @throws DataException naming the image, if its view cannot be drawn
   */
  Draw draw(long number, int view, int place) {
    int row = view * batch + place;
    int index = order.image(number, row);
    try {
      ViewKey key = new ViewKey(seed, order.epoch(number, row), number, index, view);
      return new Draw(
          index, views.get(view).sample(key, images.height(index), images.width(index)), row);
    } catch (RuntimeException e) {
      throw failed(index, e);
    }
  }

  /** Says of which image there is no view, and why. */
  DataException failed(int index, RuntimeException e) {
    return new DataException("no view of " + images.name(index) + ": " + e.getMessage(), e);
  }
}
