/** The table of docs/ARCHITECTURE.md "Rooms" as data. */
export interface Room {
  name: string;
  path: string;
  level: number;
  mayImport: string[];
  /** no I/O, no node:*, no clock */
  pure?: boolean;
}

const upTo1 = ["apimachinery", "cel", "apis", "storage", "client"];
const upTo2 = [...upTo1, "apiserver", "controller-runtime"];
const upTo3 = [...upTo2, "apiextensions", "controlplane", "multicluster-provider"];

export const arrows: Room[] = [
  { name: "apimachinery", path: "packages/apimachinery", level: 0, mayImport: [], pure: true },
  { name: "cel", path: "packages/cel", level: 0, mayImport: [], pure: true },
  { name: "apis", path: "packages/apis", level: 1, mayImport: ["apimachinery", "cel"] },
  { name: "storage", path: "packages/storage", level: 1, mayImport: ["apimachinery", "cel"] },
  { name: "client", path: "packages/client", level: 1, mayImport: ["apimachinery", "cel"] },
  { name: "rebac", path: "packages/rebac", level: 1, mayImport: ["cel"] },
  { name: "apiserver", path: "packages/apiserver", level: 2, mayImport: ["apimachinery", "cel", "storage"] },
  { name: "controller-runtime", path: "packages/controller-runtime", level: 2, mayImport: ["apimachinery", "client"] },
  { name: "apiextensions", path: "packages/apiextensions", level: 3, mayImport: upTo2 },
  { name: "controlplane", path: "packages/controlplane", level: 3, mayImport: upTo2 },
  {
    name: "multicluster-provider",
    path: "packages/multicluster-provider",
    level: 3,
    mayImport: ["apimachinery", "apis", "client", "controller-runtime"],
  },
  { name: "kcp", path: "packages/kcp", level: 4, mayImport: upTo3 },
  { name: "virtual-workspaces", path: "packages/virtual-workspaces", level: 5, mayImport: [...upTo3, "kcp"] },
];
