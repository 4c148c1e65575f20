import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendValues, DataId, TensorInfo } from '@tensorflow/tfjs-core';

interface Stored {
  values?: BackendValues;
  dtype: string;
  address?: number;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
}

function stored(backend: MathBackendCPU, dataId: DataId): Stored {
  return backend.data.get(dataId) as unknown as Stored;
}

/**
 * Takes over what a kernel of TF.js's `cpu` backend hands out. Such a kernel may return a view of its input (a
 * contiguous slice, the parts of a complex tensor) or its input's data under another type (a cast of int32 to
 * float32). Both are safe where the garbage collector owns all memory and numbers are numbers; here blocks are used
 * again and kernels read raw bits.
 * @returns a tensor whose values are its own and of its own type
 */
export function adopt(backend: MathBackendCPU, info: TensorInfo): TensorInfo {
  const entry = stored(backend, info.dataId);
  if (entry.complexTensorInfos !== undefined) {
    detach(stored(backend, entry.complexTensorInfos.real.dataId));
    detach(stored(backend, entry.complexTensorInfos.imag.dataId));
    return info;
  }
  if (entry.dtype === info.dtype) {
    detach(entry);
    return info;
  }
  const values = entry.values as Float32Array | Int32Array | Uint8Array;
  const copy = info.dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
  const own = backend.makeTensorInfo(info.shape, info.dtype, copy);
  backend.disposeIntermediateTensorInfo(info);
  return own;
}

/** Copies values that lie in engine memory without a block of their own. */
function detach(entry: Stored): void {
  const { values, address } = entry;
  if (address !== undefined || !ArrayBuffer.isView(values)) return;
  if (values.buffer instanceof SharedArrayBuffer) entry.values = (values as Float32Array).slice();
}
