package dev.simclr.data.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.data.DataSource;
import dev.simclr.data.DecodeLimits;
import dev.simclr.data.ImageList;
import dev.simclr.data.RgbImage;
import dev.simclr.data.Split;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EmbeddedImagesTest {
  private static final int CLASSES = 10;
  private static final DataSource SOURCE = EmbeddedImages.source();

  private static byte[] bytes(RgbImage image) {
    return image.pixels().toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void theSameSeedGivesTheSameBytesOnEveryMachine() throws Exception {
    EmbeddedImages images = EmbeddedImages.of(7, 50);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < images.size(); i++) {
      digest.update(bytes(images.draw(i)));
    }
    assertEquals(
        "3a72498a635f71a7ba4613b2b7becf4fb14ce3aabb20acc2ebd244d2d8013cc6",
        HexFormat.of().formatHex(digest.digest()));
  }

  @Test
  void anImageDependsOnSeedAndIndexAlone() {
    EmbeddedImages images = EmbeddedImages.of(7, 50);
    byte[] late = bytes(images.draw(33));
    images.draw(1);
    assertEquals(ByteBuffer.wrap(late), ByteBuffer.wrap(bytes(images.draw(33))));
    assertEquals(ByteBuffer.wrap(late), ByteBuffer.wrap(bytes(EmbeddedImages.of(7, 34).draw(33))));
    assertNotEquals(
        ByteBuffer.wrap(late), ByteBuffer.wrap(bytes(EmbeddedImages.of(8, 50).draw(33))));
  }

  @Test
  void tenNamedClassesHaveEquallyManyImages() throws Exception {
    for (Split split : Split.values()) {
      try (ImageList list = SOURCE.list(split)) {
        assertEquals(CLASSES, Set.copyOf(list.classNames()).size());
        int[] count = new int[CLASSES];
        for (int i = 0; i < list.size(); i++) {
          count[list.label(i)]++;
        }
        for (int c = 0; c < CLASSES; c++) {
          assertEquals(list.size() / CLASSES, count[c], split + " " + list.classNames().get(c));
        }
        RgbImage image = list.read(0, DecodeLimits.defaults());
        assertEquals(
            List.of(32, 32), List.of(image.height(), image.width()), "height and width of images");
      }
    }
  }

  @Test
  void splitsShareNoInstanceNoBackgroundAndNoImage() throws Exception {
    Set<Pose> poses = new HashSet<>();
    Set<Paint> paints = new HashSet<>();
    Set<DoubleBuffer> backgrounds = new HashSet<>();
    Set<ByteBuffer> pixels = new HashSet<>();
    int total = 0;
    for (Split split : Split.values()) {
      try (ImageList list = SOURCE.list(split)) {
        EmbeddedImages images = EmbeddedImages.of(EmbeddedImages.seed(split), list.size());
        assertEquals(images.parameters(), SOURCE.location(split));
        total += images.size();
        for (int i = 0; i < images.size(); i++) {
          Scene scene = images.scene(i);
          poses.add(scene.pose());
          paints.add(scene.paint());
          backgrounds.add(texture(scene.background()));
          pixels.add(ByteBuffer.wrap(scene.pixels()));
        }
      }
    }
    assertEquals(EmbeddedImages.TRAIN_IMAGES + EmbeddedImages.TEST_IMAGES, total);
    assertEquals(total, poses.size(), "poses");
    assertEquals(total, paints.size(), "colours");
    assertEquals(total, backgrounds.size(), "backgrounds");
    assertEquals(total, pixels.size(), "images");
  }

  private static DoubleBuffer texture(Background background) {
    double[] values = new double[EmbeddedImages.IMAGE_SIZE * EmbeddedImages.IMAGE_SIZE];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          background.at(i % EmbeddedImages.IMAGE_SIZE + 0.5, i / EmbeddedImages.IMAGE_SIZE + 0.5);
    }
    return DoubleBuffer.wrap(values);
  }

  /** A flip then shows what a rotation may show as well, so it cannot change the class. */
  @ParameterizedTest
  @EnumSource(ObjectClass.class)
  void anObjectHasNoHandedness(ObjectClass objectClass) {
    Random random = new Random(1);
    for (int instance = 0; instance < 20; instance++) {
      Build build = new Build(random.nextDouble(), random.nextDouble());
      int upsideDown = 0;
      int acrossDiagonal = 0;
      for (int i = 0; i < 2000; i++) {
        double x = random.nextDouble(-1, 1);
        double y = random.nextDouble(-1, 1);
        Part part = objectClass.at(x, y, build);
        upsideDown += part == objectClass.at(x, -y, build) ? 1 : 0;
        acrossDiagonal += part == objectClass.at(y, x, build) ? 1 : 0;
      }
      assertEquals(2000, Math.max(upsideDown, acrossDiagonal), "points that a mirror keeps");
    }
  }

  @Test
  void structureTellsEveryClassFromEveryOther() {
    Random random = new Random(2);
    Build build = new Build(0.5, 0.5);
    double[][] points = new double[4000][];
    for (int i = 0; i < points.length; i++) {
      points[i] = new double[] {random.nextDouble(-1, 1), random.nextDouble(-1, 1)};
    }
    for (ObjectClass a : ObjectClass.values()) {
      for (ObjectClass b : ObjectClass.values()) {
        int different = 0;
        for (double[] p : points) {
          different += a.at(p[0], p[1], build) != b.at(p[0], p[1], build) ? 1 : 0;
        }
        assertTrue(a == b || different > points.length / 20, a + " and " + b + ": " + different);
      }
    }
  }

  @Test
  void objectsStayInTheImageAndStandOutInGray() {
    EmbeddedImages images = EmbeddedImages.of(3, 2000);
    int lighter = 0;
    int strong = 0;
    for (int i = 0; i < images.size(); i++) {
      Pose pose = images.scene(i).pose();
      for (double centre : new double[] {pose.centerX(), pose.centerY()}) {
        double room = Math.min(centre, EmbeddedImages.IMAGE_SIZE - centre);
        assertTrue(room > 0.79 * pose.radius(), i + ": " + pose);
      }
      Paint paint = images.scene(i).paint();
      double contrast = paint.body().luminance() - paint.ground().luminance();
      assertTrue(Math.abs(contrast) > 0.079, i + ": " + paint);
      strong += Math.abs(contrast) > 0.2 ? 1 : 0;
      lighter += contrast > 0 ? 1 : 0;
    }
    assertEquals(1000, lighter, 100, "objects that are lighter than their background");
    // 0.48 - 0.40 u^3 > 0.2 for u below the cube root of 0.7.
    assertEquals(2000 * Math.cbrt(0.7), strong, 60, "objects with strong contrast");
  }

  @Test
  void coloursSayNothingAboutTheClass() {
    double[][] train = colours(EmbeddedImages.of(4, 2000));
    double[][] centres = new double[CLASSES][3];
    for (int i = 0; i < train.length; i++) {
      for (int d = 0; d < 3; d++) {
        centres[i % CLASSES][d] += train[i][d] * CLASSES / train.length;
      }
    }
    double[][] test = colours(EmbeddedImages.of(5, 2000));
    int correct = 0;
    for (int i = 0; i < test.length; i++) {
      int nearest = 0;
      for (int c = 1; c < CLASSES; c++) {
        nearest = distance(test[i], centres[c]) < distance(test[i], centres[nearest]) ? c : nearest;
      }
      correct += nearest == i % CLASSES ? 1 : 0;
    }
    assertEquals(0.10, (double) correct / test.length, 0.04, "accuracy of the nearest mean colour");
  }

  private static double[][] colours(EmbeddedImages images) {
    double[][] means = new double[images.size()][3];
    for (int i = 0; i < means.length; i++) {
      byte[] pixels = bytes(images.draw(i));
      for (int p = 0; p < pixels.length; p++) {
        means[i][p % 3] += (pixels[p] & 0xFF) * 3.0 / pixels.length;
      }
    }
    return means;
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int d = 0; d < a.length; d++) {
      sum += (a[d] - b[d]) * (a[d] - b[d]);
    }
    return sum;
  }

  @Test
  void whatIsNotThereIsRefused() {
    assertEquals(
        "size is 0; allowed: at least 1",
        assertThrows(IllegalArgumentException.class, () -> EmbeddedImages.of(1, 0)).getMessage());
    EmbeddedImages images = EmbeddedImages.of(1, 10);
    assertThrows(IndexOutOfBoundsException.class, () -> images.draw(10));
    assertThrows(IndexOutOfBoundsException.class, () -> images.label(-1));
  }
}
