import { BayescnnError } from '../errors.js';
import { writeTensor } from '../ops/write-tensor.js';
import { fromTorchOrder, torchShape } from './layout.js';
import { exportTensor, type NamedVariable, type TorchTensor } from './named-variable.js';

/** Tensors under PyTorch's names and layouts. */
export type TorchRecord = Readonly<Record<string, TorchTensor>>;

/** The values of all variables under PyTorch's names and layouts, in their order. */
export function exportRecord(variables: readonly NamedVariable[]): Record<string, TorchTensor> {
  return Object.fromEntries(
    variables.map(({ name, variable, layout }) => [name, exportTensor(variable, layout)]),
  );
}

/**
 * Sets all variables from a record; nothing changes unless all of it fits.
 * @param where what the record is, for messages
 * @throws BayescnnError 'data' on a missing or unexpected name, or another shape
 */
export function importRecord(where: string, variables: readonly NamedVariable[], record: TorchRecord): void {
  checkNames(where, variables, record);
  for (const { name, layout } of variables) checkShape(where, name, torchShape(layout), record[name]);
  for (const { name, variable, layout } of variables) {
    writeTensor(variable, fromTorchOrder(layout, record[name].data));
  }
}

function checkNames(where: string, variables: readonly NamedVariable[], record: TorchRecord): void {
  const wanted = new Set(variables.map(({ name }) => name));
  const missing = [...wanted].filter((name) => !Object.hasOwn(record, name));
  const unexpected = Object.keys(record).filter((name) => !wanted.has(name));
  if (missing.length === 0 && unexpected.length === 0) return;
  const got = [
    missing.length > 0 ? `none of ${missing.join(', ')}` : '',
    unexpected.length > 0 ? `unexpected ${unexpected.join(', ')}` : '',
  ];
  throw new BayescnnError(
    'data',
    `${where}: the model's ${wanted.size} tensors wanted, got ${got.filter((part) => part !== '').join(' and ')}`,
    { hint: 'use the configuration that the checkpoint was trained with (model.bayesian decides the names)' },
  );
}

function checkShape(where: string, name: string, shape: readonly number[], tensor: TorchTensor): void {
  const size = shape.reduce((product, length) => product * length, 1);
  const same = shape.length === tensor.shape.length && shape.every((length, i) => length === tensor.shape[i]);
  if (same && tensor.data.length === size) return;
  throw new BayescnnError(
    'data',
    `${where}: ${name} must be [${shape}], got [${tensor.shape}] with ${tensor.data.length} values`,
    { hint: 'use the configuration that the checkpoint was trained with' },
  );
}
