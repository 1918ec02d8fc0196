package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;

/** Constants of device.h. */
public final class SctDevice {

  public static final int CPU = Sct.SCT_CPU();
  public static final int CUDA = Sct.SCT_CUDA();
  public static final int KEEP = Sct.SCT_DEVICE_KEEP();

  private SctDevice() {}
}
