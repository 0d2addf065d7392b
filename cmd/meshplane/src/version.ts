import type { VersionInfo } from "@meshplane/apiserver";

/** What /version answers: the Kubernetes version whose wire this is, and ours behind the plus. kubectl parses gitVersion as semver. */
export const version: VersionInfo = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0+meshplane-v0.1.0",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "2026-11-24T00:00:00Z",
  platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
};
