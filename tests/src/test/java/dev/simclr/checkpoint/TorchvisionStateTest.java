package dev.simclr.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.model.ResNet;
import dev.simclr.testing.Fixtures;
import dev.simclr.testing.FormulaState;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files of ours are files of Python's safetensors that torchvision's ResNets load with {@code
 * strict=True}: equal byte for byte to those that the fixture's script loaded so.
 */
@ExtendWith(LeakCheck.class)
final class TorchvisionStateTest {

  private static final Map<String, String> METADATA = Map.of("format", "pt");

  @TempDir Path directory;

  /** Lines of the fixture of one kind and model, without these two columns. */
  private static List<List<String>> lines(String kind, String model) throws Exception {
    List<List<String>> result = new ArrayList<>();
    for (String line : Files.readAllLines(Fixtures.path("torchvision/state_dicts.tsv"))) {
      List<String> columns = List.of(line.split("\t", -1));
      if (columns.size() > 2 && columns.get(0).equals(kind) && columns.get(1).equals(model)) {
        result.add(columns.subList(2, columns.size()));
      }
    }
    return result;
  }

  @ParameterizedTest
  @ValueSource(ints = {18, 34, 50})
  void aSavedEncoderIsTheFileThatTorchvisionLoads(int depth) throws Exception {
    Path file = directory.resolve("model.safetensors");
    try (ResNet network = ResNet.builder().depth(depth).build()) {
      FormulaState.fill(network);
      // As training has it; files hold rows.
      network.to(MemoryFormat.CHANNELS_LAST);
      List<List<String>> described = new ArrayList<>();
      network
          .state()
          .forEach((name, tensor) ->
              described.add(
                  List.of(
                      name,
                      SafetensorsType.of(tensor.dtype()).name(),
                      LongStream.of(tensor.shape())
                          .mapToObj(Long::toString)
                          .collect(Collectors.joining(",")))));
      assertEquals(lines("tensor", "resnet" + depth), described, "names in order, types, shapes");
      SafetensorsWriter.write(file, network.state(), METADATA);
    }
    List<String> expected = lines("file", "resnet" + depth).getFirst();
    byte[] content = Files.readAllBytes(file);
    String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    assertEquals(expected, List.of(Integer.toString(content.length), sha256));
  }

  @Test
  void aSavedEncoderComesBackBitForBit() {
    Path file = directory.resolve("model.safetensors");
    try (ResNet saved = ResNet.builder().width(0.25).seed(1).build();
        ResNet loaded = ResNet.builder().width(0.25).seed(2).build()) {
      saved.state().get("bn1.num_batches_tracked").fill_(7);
      SafetensorsWriter.write(file, saved.state(), METADATA);
      loaded.to(MemoryFormat.CHANNELS_LAST);
      try (SafetensorsReader reader = SafetensorsReader.open(file)) {
        reader.readAll(loaded.state());
      }
      Map<String, Tensor> other = loaded.state();
      saved
          .state()
          .forEach((name, tensor) ->
              assertArrayEquals(tensor.toDoubleArray(), other.get(name).toDoubleArray(), name));
      assertEquals(7, other.get("bn1.num_batches_tracked").itemLong());
    }
  }

  @Test
  void theStateOfAnotherNetworkIsRefusedAndChangesNothing() {
    Path file = directory.resolve("model.safetensors");
    try (ResNet small = ResNet.builder().width(0.25).build();
        ResNet deep = ResNet.builder().width(0.25).depth(34).build();
        ResNet wide = ResNet.builder().width(0.5).seed(3).build()) {
      SafetensorsWriter.write(file, small.state(), METADATA);
      try (SafetensorsReader reader = SafetensorsReader.open(file)) {
        var e = assertThrows(CheckpointException.class, () -> reader.readAll(deep.state()));
        assertTrue(e.getMessage().contains("made for another model"), e.getMessage());
        assertTrue(e.getMessage().contains("layer1.2.conv1.weight"), e.getMessage());
        float[] before = wide.state().get("conv1.weight").toFloatArray();
        e = assertThrows(CheckpointException.class, () -> reader.readAll(wide.state()));
        assertTrue(e.getMessage().contains("expected [32, 3, 7, 7]"), e.getMessage());
        assertArrayEquals(before, wide.state().get("conv1.weight").toFloatArray());
      }
    }
  }
}
