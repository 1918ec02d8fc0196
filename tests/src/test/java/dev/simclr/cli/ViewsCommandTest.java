package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.testing.ChildJvm;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** simclr views, as typed. */
class ViewsCommandTest {
  private static final int GAP = 4;
  private static final int RED = 0xFF0000;
  private static final int WHITE = 0xFFFFFF;

  @TempDir Path dir;

  private Outcome views(Path out, String... more) {
    List<String> arguments = new ArrayList<>(List.of("views", "--out", out.toString()));
    arguments.addAll(List.of(more));
    arguments.add("data.cache=" + dir.resolve("cache"));
    return simclr(arguments.toArray());
  }

  private BufferedImage picture(String name, String... more) throws IOException {
    Path out = dir.resolve(name);
    Outcome outcome = views(out, more);
    assertEquals(0, outcome.code(), outcome.err());
    return ImageIO.read(out.toFile());
  }

  private static BufferedImage cell(BufferedImage picture, int row, int column, int side) {
    return picture.getSubimage(GAP + column * (side + GAP), GAP + row * (side + GAP), side, side);
  }

  private static int differences(BufferedImage a, BufferedImage b) {
    int differences = 0;
    for (int y = 0; y < a.getHeight(); y++) {
      for (int x = 0; x < a.getWidth(); x++) {
        differences += a.getRGB(x, y) == b.getRGB(x, y) ? 0 : 1;
      }
    }
    return differences;
  }

  @Test
  void viewsStandBesideTheirImage() throws IOException {
    String[] settings = {
      "--n",
      "3",
      "augment.views=3",
      "augment.view_2.pipeline=identity",
      "augment.view_3.pipeline=identity",
      "augment.view_3.flip=1",
      "augment.mean=[0.5, 0.5, 0.5]",
      "augment.std=[0.1, 0.1, 0.1]"
    };
    BufferedImage picture = picture("views.png", settings);
    // The embedded images have 32 pixels and are shown three times as large.
    int side = 96;
    assertEquals(GAP + 4 * (side + GAP), picture.getWidth());
    assertEquals(GAP + 3 * (side + GAP), picture.getHeight());
    for (int row = 0; row < 3; row++) {
      BufferedImage original = cell(picture, row, 0, side);
      assertTrue(differences(original, cell(picture, row, 1, side)) > side, "row " + row);
      assertEquals(0, differences(original, cell(picture, row, 2, side)), "row " + row);
      assertEquals(0, differences(original, cell(picture, row, 3, side)), "row " + row);
    }
    assertNotEquals(0, differences(cell(picture, 0, 0, side), cell(picture, 1, 0, side)));
    assertEquals(0, differences(picture, picture("again.png", settings)));
  }

  @Test
  void imagesOfOtherShapesFitIntoTheirCell() throws IOException {
    Path images = Files.createDirectories(dir.resolve("images/train/wide"));
    BufferedImage wide = new BufferedImage(60, 20, BufferedImage.TYPE_INT_RGB);
    for (int x = 0; x < 60; x++) {
      for (int y = 0; y < 20; y++) {
        wide.setRGB(x, y, RED);
      }
    }
    ImageIO.write(wide, "png", images.resolve("only.png").toFile());
    // More are asked for than there are.
    BufferedImage picture =
        picture(
            "folder.png",
            "--n",
            "5",
            "data.source=folder",
            "data.root=" + dir.resolve("images"),
            "data.image_size=40",
            "augment.pipeline=identity");
    int side = 120;
    assertEquals(GAP + side + GAP, picture.getHeight());
    BufferedImage original = cell(picture, 0, 0, side);
    BufferedImage view = cell(picture, 0, 1, side);
    for (int x = 0; x < side; x++) {
      for (int y = 0; y < side; y++) {
        assertEquals(y >= 40 && y < 80 ? RED : WHITE, original.getRGB(x, y) & WHITE);
        assertEquals(RED, view.getRGB(x, y) & WHITE);
      }
    }
  }

  @Test
  void whatWasDrawnIsPrinted() {
    Outcome outcome = views(dir.resolve("params.png"), "--n", "2", "--params");
    assertEquals(0, outcome.code(), outcome.err());
    List<String> lines =
        outcome.out().lines().filter(line -> line.contains("AugmentParams[top=")).toList();
    assertEquals(4, lines.size(), outcome.out());
    assertTrue(lines.get(0).contains(" view 1: "), lines.get(0));
    assertTrue(lines.get(3).contains(" view 2: "), lines.get(3));
  }

  @Test
  void mistakesAreOneLine() throws IOException {
    Path there = Files.createFile(dir.resolve("there.png"));
    assertFailed("--n is 0; allowed: 1 to 256", views(dir.resolve("a.png"), "--n", "0"));
    assertFailed("--out must be the name of a .png file", views(dir.resolve("a.jpg")));
    assertFailed(there + " exists", views(there));
    assertFailed("unknown key augment.blr", views(dir.resolve("a.png"), "augment.blr=1"));
    assertFalse(Files.exists(dir.resolve("a.png")));
    assertEquals(0, views(there, "--overwrite", "--n", "1").code());
    assertTrue(Files.size(there) > 100);
  }

  private static void assertFailed(String message, Outcome outcome) {
    assertEquals(2, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().startsWith("simclr: " + message), outcome.err());
  }

  @Test
  void warnsOfWhatHasNoEffect() {
    Outcome outcome =
        views(
            dir.resolve("idle.png"),
            "augment.order=[color,cutout]",
            "augment.blur=1",
            "augment.view_2.pipeline=identity");
    assertEquals(
        List.of("warning: augment.order has cutout, but augment.cutout is 0"),
        outcome.out().lines().filter(line -> line.startsWith("warning:")).toList());
    Outcome crop =
        views(
            dir.resolve("crop.png"),
            "augment.order=[gray,crop]",
            "augment.crop_min=1",
            "augment.view_2.crop_min=0.5");
    assertEquals(
        List.of("warning: augment.order has crop, but augment.crop_min is 1"),
        crop.out().lines().filter(line -> line.startsWith("warning:")).toList());
    Outcome all = views(dir.resolve("all.png"), "augment.blur=1");
    assertFalse(all.out().contains("warning:"), all.out());
    Outcome none = views(dir.resolve("none.png"), "augment.order=[]");
    assertFalse(none.out().contains("warning:"), none.out());
  }

  /** Pictures are drawn into files. */
  @Test
  void needsNoDisplay() throws IOException, InterruptedException {
    Path out = dir.resolve("views.png");
    ChildJvm.Result result =
        new ChildJvm()
            .variable("DISPLAY", "nowhere:77")
            .run(
                Main.class.getName(),
                "views",
                "--out",
                out.toString(),
                "data.cache=" + dir.resolve("cache"));
    assertEquals(0, result.status(), result.toString());
    assertTrue(Files.size(out) > 0);
  }
}
