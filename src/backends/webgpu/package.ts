/** The package that brings WebGPU to Node, and the version that this one is tested with. */
export const WEBGPU = 'webgpu';
export const TESTED = '0.6.2';
