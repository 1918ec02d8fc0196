package dev.simclr.train;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.compute.BatchLoader;
import dev.simclr.data.Box;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImagePart;
import dev.simclr.data.PixelReader;
import dev.simclr.random.SampleOrder;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Makes the views of a step: of N images, view 1 in rows 0 to N-1 and view 2 in rows N to 2N-1.
 * Which images, and every random number, follow from the seed and the step. Belongs to one thread.
 */
final class ViewFiller implements BatchLoader.RowFiller {
  private final ImageDataset images;
  private final PixelReader reader;
  private final long seed;
  private final int batch;
  private final int stepsPerEpoch;
  private final boolean shuffled;
  private final AugmentSampler sampler;
  private final Augmenter augmenter;
  private final SampleOrder order;

  /**
   * Prepares to make views.
   *
   * @param images at least a batch
   * @param train seed, batch size and kind of positives
   * @param sampler draws what is done to an image
   * @param augmenter does it; used by no other thread
   */
  ViewFiller(ImageDataset images, TrainConfig train, AugmentSampler sampler, Augmenter augmenter) {
    this.images = images;
    this.reader = images.reader();
    this.seed = train.seed();
    this.batch = train.batch();
    this.stepsPerEpoch = images.size() / batch;
    this.shuffled = train.positives() == TrainConfig.Positives.SHUFFLED;
    this.sampler = sampler;
    this.augmenter = augmenter;
    this.order = SampleOrder.of(seed, images.size());
  }

  /** Returns the image in row {@code row}, 0 to 2N-1, of a step. */
  int image(long step, int row) {
    int first = (int) (step % stepsPerEpoch) * batch;
    int place = row % batch;
    if (shuffled && row >= batch) {
      // The order within a batch is random, so the neighbour is a partner at random.
      place = (place + 1) % batch;
    }
    return order.at(step / stepsPerEpoch, first + place);
  }

  @Override
  public void fill(long step, int row, MemorySegment views) {
    Draw first = draw(step, row);
    Draw second = draw(step, batch + row);
    if (first.image == second.image) {
      // Decoded once for both views.
      write(List.of(first, second), views);
    } else {
      write(List.of(first), views);
      write(List.of(second), views);
    }
  }

  /** What was drawn for one view. */
  private record Draw(int image, int row, AugmentParams params) {
    Box box() {
      return new Box(params.top(), params.left(), params.height(), params.width());
    }
  }

  private Draw draw(long step, int row) {
    int index = image(step, row);
    AugmentParams params =
        sampler.sample(
            seed,
            step / stepsPerEpoch,
            index,
            row / batch,
            images.height(index),
            images.width(index));
    return new Draw(index, row, params);
  }

  /** Writes views of one image. */
  private void write(List<Draw> draws, MemorySegment views) {
    int image = draws.getFirst().image;
    try {
      Box union = draws.stream().map(Draw::box).reduce(Box::union).orElseThrow();
      int reduction = draws.stream().mapToInt(this::reduction).min().orElseThrow();
      ImagePart part = reader.read(image, union, reduction);
      for (Draw draw : draws) {
        Box crop = part.locate(draw.box());
        augmenter.apply(
            part.pixels(),
            part.box().height(),
            part.box().width(),
            draw.params.withCrop(crop.top(), crop.left(), crop.height(), crop.width()),
            views,
            draw.row * augmenter.format().bytes());
      }
    } catch (RuntimeException e) {
      throw new DataException("no view of " + images.name(image) + ": " + e.getMessage(), e);
    } finally {
      reader.recycle();
    }
  }

  /** By how much the image may be made smaller so that the crop is still as large as the view. */
  private int reduction(Draw draw) {
    int size = augmenter.format().size();
    int times = Math.min(draw.params.height(), draw.params.width()) / size;
    return Math.clamp(Integer.highestOneBit(times), 1, 8);
  }
}
