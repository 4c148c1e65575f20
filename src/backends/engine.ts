export type EngineName = 'simd' | 'tensorflow' | 'webgpu' | 'cpu';

/** What the configuration asks for. */
export interface EngineRequest {
  kind: 'auto' | EngineName;
  /** 0: as many as there are cores. */
  threads: number;
  relaxed: boolean;
}

/** The engine that runs, and why. */
export interface ActiveEngine {
  name: EngineName;
  reason: string;
  /** What `reason` tells of where it computes, if anything. */
  note?: string;
  /** What computes: `CPU`, or the GPU as its driver names it. */
  device: string;
  threads: number;
  relaxed: boolean;
  /** Memory for a data set in the engine's own address space, where it has one. */
  allocate?: (bytes: number) => Uint8Array;
  dispose(): Promise<void>;
}
