/** The Platform Mesh layer of one `start`: its engine stands before the server, since the server asks it; the rest comes when the server answers. */
import type { Identity } from "@meshplane/identity";
import { defaultSettings } from "@meshplane/operator-platform-mesh";
import type { StartFlags } from "../start/flags.ts";
import { OperatorError } from "../start/operator-error.ts";
import { readOperatorFile } from "../start/read-operator-file.ts";
import { openEmbeddedIdentity } from "./open-identity.ts";
import { openRelationships, type Relationships } from "./open-relationships.ts";
import { type PlatformAddresses, platformAddresses } from "./platform-addresses.ts";
import { createRelationshipStep, type RelationshipStep } from "./relationship-step.ts";
import { type Platform, startPlatform } from "./start-platform.ts";

export interface PreparedPlatform {
  /** for the server's authorizers */
  readonly step: RelationshipStep;
  readonly relationships: Relationships;
  readonly addresses: PlatformAddresses;
  /** of the embedded issuer, once it is open */
  readonly identity: Identity | undefined;
  /** @throws OperatorError; started again, it goes on from where it was */
  start(server: RunningServer): Promise<void>;
  /** the operators end; before the server does */
  stop(): Promise<void>;
  /** the engine and the issuer; after the server has ended */
  close(): Promise<void>;
}

interface RunningServer {
  url: string;
  certificate: { ca: string; cert: string; key: string };
  adminToken: string;
  log: (line: string) => void;
  onStep: (step: string) => void;
}

/** @throws OperatorError, FlagError */
export async function preparePlatform(flags: StartFlags, onError: (error: unknown) => void): Promise<PreparedPlatform> {
  const addresses = await platformAddresses(flags, flags.bindAddress);
  const relationships = await openRelationships(flags, onError);
  let identity: Identity | undefined;
  let platform: Platform | undefined;
  return {
    step: createRelationshipStep(relationships.fga, onError),
    relationships,
    addresses,
    get identity() {
      return identity;
    },
    async start(server) {
      const { url, certificate, adminToken, log, onStep } = server;
      onStep("identity");
      identity = await openIdentity(flags, addresses, server);
      const domainCa = !flags.keycloakBaseUrl
        ? certificate.ca
        : flags.domainCaFile
          ? readOperatorFile(flags.domainCaFile, "--domain-ca-file")
          : "";
      const settings = {
        ...defaultSettings,
        baseDomain: addresses.baseDomain,
        domainCa,
        registrationAllowed: flags.idpRegistrationAllowed,
      };
      try {
        platform = await startPlatform({
          url,
          certificate,
          adminToken,
          settings,
          fga: relationships.fga,
          identityProvider: identity.driver,
          log,
          onStep,
        });
      } catch (cause) {
        throw new OperatorError(
          `Platform Mesh was not brought up: ${(cause as Error).message}`,
          "start again, it goes on from there; --platform-mesh=false starts the control plane alone",
          { cause },
        );
      }
    },
    async stop() {
      await platform?.stop();
    },
    async close() {
      await identity?.close();
      await relationships.close();
    },
  };
}

async function openIdentity(flags: StartFlags, addresses: PlatformAddresses, { certificate, log }: RunningServer): Promise<Identity> {
  return openEmbeddedIdentity({
    rootDirectory: flags.rootDirectory,
    inMemory: flags.store === "memory",
    bindAddress: flags.bindAddress,
    addresses,
    tls: certificate,
    log,
  });
}
