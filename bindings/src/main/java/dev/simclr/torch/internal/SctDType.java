package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;

/** Constants of dtype.h. */
public final class SctDType {

  public static final int UINT8 = Sct.SCT_UINT8();
  public static final int INT8 = Sct.SCT_INT8();
  public static final int INT16 = Sct.SCT_INT16();
  public static final int INT32 = Sct.SCT_INT32();
  public static final int INT64 = Sct.SCT_INT64();
  public static final int FLOAT16 = Sct.SCT_FLOAT16();
  public static final int BFLOAT16 = Sct.SCT_BFLOAT16();
  public static final int FLOAT32 = Sct.SCT_FLOAT32();
  public static final int FLOAT64 = Sct.SCT_FLOAT64();
  public static final int BOOL = Sct.SCT_BOOL();
  public static final int KEEP = Sct.SCT_DTYPE_KEEP();

  public static final int CONTIGUOUS = Sct.SCT_CONTIGUOUS();
  public static final int CHANNELS_LAST = Sct.SCT_CHANNELS_LAST();
  public static final int PRESERVE = Sct.SCT_PRESERVE();

  private SctDType() {}
}
