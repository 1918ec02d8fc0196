package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Torch;
import dev.simclr.torch.TorchException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the runs of {@link PretrainerTest} do not reach. */
@ExtendWith(LeakCheck.class)
final class SimClrModelTest {
  @Test
  void aModelThatCannotBeMovedLeavesNothingBehind() {
    assumeFalse(Torch.cudaAvailable(), "left out: every device is there");
    assertThrows(TorchException.class, () -> SimClrModel.create(TinyRuns.config(), Device.cuda(0)));
  }
}
