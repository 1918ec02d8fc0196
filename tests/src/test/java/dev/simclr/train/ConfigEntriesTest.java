package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ConfigEntriesTest {
  private final PretrainConfig base = PretrainConfig.defaults();

  @Test
  void keysAreThoseOfTheYamlForm() {
    var entries =
        ConfigEntries.of(
            base.with(
                base.augment().toBuilder()
                    .mean(List.of(0.5, 0.25, 0.125))
                    .std(List.of(1.0, 1.0, 1.0))
                    .build()));
    assertEquals("10", entries.get("train.log_every"));
    assertEquals("resnet18", entries.get("model.encoder"));
    assertEquals("[0.5, 0.25, 0.125]", entries.get("augment.mean"));
    assertEquals("0.1", entries.get("eval.knn_t"));
    assertFalse(entries.containsKey("data.root"));
  }

  @Test
  void whatChangesTheWeightsMayNotChangeOnResume() {
    var saved = ConfigEntries.of(base);
    var changed =
        base.with(base.train().toBuilder().batch(128).seed(3).build())
            .with(base.augment().toBuilder().blur(0.5).build());
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> ConfigEntries.requireResumable(saved, ConfigEntries.of(changed)));
    assertEquals(
        "a run is resumed with the configuration that it was started with; "
            + "augment.blur was 0.0, now 0.5; train.batch was 256, now 128; "
            + "train.seed was 0, now 3",
        e.getMessage());
  }

  @Test
  void viewsOfTheirOwnAreSections() {
    var view = base.augment().all().toBuilder().blur(0.25).build();
    var entries = ConfigEntries.of(base.with(base.augment().toBuilder().view(2, view).build()));
    assertEquals("0.0", entries.get("augment.blur"));
    assertEquals("0.25", entries.get("augment.view_2.blur"));
    assertEquals("0.5", entries.get("augment.view_2.flip"));
    assertEquals(
        "[color, gray, blur, solarize, equalize, cutout, rotation, sobel, noise]",
        entries.get("augment.order"));
    assertFalse(entries.keySet().stream().anyMatch(key -> key.startsWith("augment.all")));
  }

  @Test
  void aKeyThatAnOlderVersionDidNotKnowHasItsDefault() {
    var saved = new TreeMap<>(ConfigEntries.of(base));
    saved.keySet().removeAll(List.of("augment.order", "augment.views", "augment.sobel"));
    ConfigEntries.requireResumable(saved, ConfigEntries.of(base));
    var changed = base.with(base.augment().toBuilder().sobel(0.5).build());
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> ConfigEntries.requireResumable(saved, ConfigEntries.of(changed)));
    assertTrue(e.getMessage().endsWith("augment.sobel was 0.0, now 0.5"), e.getMessage());
  }

  @Test
  void whatIsMeasuredOrWhereThingsLieMayChange() {
    var changed =
        base.with(base.train().toBuilder().threads(1).loaderThreads(3).evalEvery(5).build())
            .with(base.data().toBuilder().root(Path.of("elsewhere")).build())
            .with(base.eval().toBuilder().linear(false).build());
    ConfigEntries.requireResumable(ConfigEntries.of(base), ConfigEntries.of(changed));
    ConfigEntries.requireResumable(ConfigEntries.of(changed), ConfigEntries.of(base));
  }
}
