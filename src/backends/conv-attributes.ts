/** Attributes of a convolution with its optional ReLU and 2x2 max pool. */
export interface ConvAttributes {
  stride: number;
  padding: number;
  dilation: number;
  relu: boolean;
  pool: boolean;
}
