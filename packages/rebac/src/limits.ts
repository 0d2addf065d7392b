/** What OpenFGA has as settings, with its defaults. @see `openfga run --help` */
export interface Limits {
  tuplesPerWrite: number;
  typesPerModel: number;
  modelBytes: number;
  contextBytesPerTuple: number;
  conditionCost: number;
  checksPerBatch: number;
  resolutionDepth: number;
  listResults: number;
  listMs: number;
  assertionBytes: number;
  contextualTuples: number;
  /** sub-questions of one request; OpenFGA has 3 seconds instead */
  steps: number;
}

export const defaultLimits: Limits = {
  tuplesPerWrite: 100,
  typesPerModel: 100,
  modelBytes: 262_144,
  contextBytesPerTuple: 32_768,
  conditionCost: 100,
  checksPerBatch: 50,
  resolutionDepth: 25,
  listResults: 1_000,
  listMs: 3_000,
  assertionBytes: 64_000,
  contextualTuples: 100,
  steps: 2_000_000,
};
