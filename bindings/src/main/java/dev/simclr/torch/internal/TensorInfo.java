package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.sct_tensor_info;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a tensor is, at the time of asking.
 *
 * @param data address of the first element, 0 without elements or storage
 * @param storageBytes size of the storage, which views share
 * @param numel number of elements
 * @param dtype SCT code of the dtype
 * @param deviceType SCT code of the device kind
 * @param deviceIndex CUDA ordinal, -1 on the CPU
 * @param contiguous whether elements are stored row-major without gaps
 * @param channelsLast whether elements are stored as N, H, W, C without gaps
 * @param requiresGrad whether operators on it are recorded
 * @param leaf whether no recorded operator made it
 * @param sizes the shape
 * @param strides elements from one index to the next, for each dimension
 */
public record TensorInfo(
    long data,
    long storageBytes,
    long numel,
    int dtype,
    int deviceType,
    int deviceIndex,
    boolean contiguous,
    boolean channelsLast,
    boolean requiresGrad,
    boolean leaf,
    long[] sizes,
    long[] strides) {

  static TensorInfo of(MemorySegment info) {
    int dim = sct_tensor_info.dim(info);
    return new TensorInfo(
        sct_tensor_info.data(info).address(),
        sct_tensor_info.storage_bytes(info),
        sct_tensor_info.numel(info),
        sct_tensor_info.dtype(info),
        sct_tensor_info.device_type(info),
        sct_tensor_info.device_index(info),
        sct_tensor_info.is_contiguous(info),
        sct_tensor_info.is_channels_last(info),
        sct_tensor_info.requires_grad(info),
        sct_tensor_info.is_leaf(info),
        longs(sct_tensor_info.sizes(info), dim),
        longs(sct_tensor_info.strides(info), dim));
  }

  private static long[] longs(MemorySegment array, int count) {
    return array.asSlice(0, (long) count * Long.BYTES).toArray(ValueLayout.JAVA_LONG);
  }
}
