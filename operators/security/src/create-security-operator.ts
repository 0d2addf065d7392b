/**
 * All of the security operator in one process: upstream's `fga`, `system`, `model-generator`, `initializer` and `terminator`.
 * @see spec platform-mesh/security §1
 */
import type { LogicalCluster } from "@meshplane/apis";
import { platformMeshExports, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { found, type ClientConfig, configFor, createClient, typed } from "@meshplane/client";
import type { ControllerOptions, KeySource } from "@meshplane/controller-runtime";
import {
  apiExportProvider,
  createMultiClusterManager,
  initializingWorkspacesProvider,
  type ManagerContext,
  type Provider,
  terminatingWorkspacesProvider,
} from "@meshplane/multicluster-provider";
import type { OpenFga } from "@meshplane/rebac";
import { apiExportPolicyController } from "./api-export-policy/api-export-policy.controller.ts";
import { accountTuplesController } from "./account/account-tuples.controller.ts";
import { accountSteps, placeOf } from "./account/account-step.ts";
import { NewestAccounts } from "./account/newest-accounts.ts";
import { authorizationModelController } from "./authorization-model/authorization-model.controller.ts";
import { ExtensionIndex } from "./authorization-model/extension-index.ts";
import { type BoundsParts, extensionsOf } from "./authorization-model/extensions.ts";
import { authorizationModelResource, logicalClusterResource, organizationOfPath } from "./context.ts";
import type { IdentityProviderDriver } from "./identity-provider/driver.ts";
import { identityProviderController } from "./identity-provider/identity-provider.controller.ts";
import { inviteController } from "./invite/invite.controller.ts";
import { builtInModules } from "./model/built-in-resources.ts";
import { coreModule } from "./model/core-module.ts";
import { type MergedModel, type ModuleFile, typesOf } from "./model/merge-modules.ts";
import { generatedLabel } from "./model-generator/generated.ts";
import { BindingIndex } from "./model-generator/binding-index.ts";
import { modelGeneratorController } from "./model-generator/model-generator.controller.ts";
import { initializerController } from "./organization/initializer.controller.ts";
import { organizationController } from "./organization/organization.controller.ts";
import { organizationSteps } from "./organization/organization-steps.ts";
import { Turns } from "./organization/turns.ts";
import { exportsChanged, modelMerged, Signals, storeLost } from "./signals.ts";
import { defaultSecuritySettings, type SecuritySettings } from "./settings.ts";
import { storeController } from "./store/store.controller.ts";
import { StoreIds } from "./store/store-ids.ts";
import { accountInfoController } from "./terminator/account-info.controller.ts";
import { terminatorController } from "./terminator/terminator.controller.ts";
import { Workspaces } from "./workspaces.ts";

export interface SecurityOperatorOptions {
  /** any workspace of the installation, as the security operator's service account or somebody with more */
  config: ClientConfig;
  fga: OpenFga;
  identityProvider: IdentityProviderDriver;
  settings?: Partial<SecuritySettings>;
  /** one line for people */
  log: (line: string) => void;
}

export interface SecurityOperator {
  /** @throws Error when it cannot go on */
  run(signal: AbortSignal): Promise<void>;
}

export function createSecurityOperator({ config, fga, identityProvider, settings: given, log }: SecurityOperatorOptions): SecurityOperator {
  const settings = { ...defaultSecuritySettings, ...given };
  const root = config.server.replace(/\/clusters\/[^/]+\/*$/, "");
  const workspace = (path: string): ClientConfig => configFor(config, `${root}/clusters/${path}`);
  const say = (line: string) => log(`security-operator: ${line}`);
  const onError = (error: unknown) => say(String(error));

  const system = workspace(platformMeshPaths.system);
  const core = readyProvider(apiExportProvider({ config: system, endpointSlice: platformMeshExports.core, onError }));
  const systemExport = readyProvider(apiExportProvider({ config: system, endpointSlice: platformMeshExports.system, onError }));
  const types = { config: workspace("root"), workspaceType: "security", onError };
  const initializing = initializingWorkspacesProvider(types);
  const terminating = terminatingWorkspacesProvider(types);

  const home = createClient(system);
  const organizations = createClient(workspace(platformMeshPaths.organizations));
  const workspaces = new Workspaces({ core, system: systemExport, organizations: organizations.cluster("") });
  const steps = organizationSteps(workspaces, settings);
  const accounts = accountSteps({ fga, workspaces, stores: new StoreIds(workspaces) });

  const turns = new Turns();
  const signals = new Signals();
  const organizationKey = (name: string) => ({ cluster: "", namespace: "", name });

  const extensions = new ExtensionIndex();
  const bindings = new BindingIndex((organization) => signals.send(exportsChanged, organizationKey(organization)));
  const merges = new Map<string, MergedModel["leftOut"]>();
  let modules: Promise<readonly ModuleFile[]> | undefined;
  /** the same in all workspaces, and asked for once */
  const modulesOfAll = (): Promise<readonly ModuleFile[]> =>
    (modules ??= builtInModules(home.cluster("")).catch((error: unknown) => {
      modules = undefined;
      throw error;
    }));
  let reserved: Promise<ReadonlySet<string>> | undefined;
  const reservedTypes = (): Promise<ReadonlySet<string>> =>
    (reserved ??= modulesOfAll().then(
      (all) => typesOf([{ name: "core.fga", contents: coreModule }, ...all]),
      (error: unknown) => {
        reserved = undefined;
        throw error;
      },
    ));

  const coreManager = createMultiClusterManager({
    provider: withSource(core, sourceOf(signals, core, systemExport)),
    controllers: (manager) => [
      ...coreControllers(manager),
      organizationController(manager, steps, turns),
      accountInfoController(manager),
      accountTuplesController(manager, () => core.clusters(), accounts, turns),
    ],
    log: say,
  });
  const systemManager = createMultiClusterManager({
    provider: withSource(systemExport, sourceOf(signals, core, systemExport)),
    controllers: (manager) => [
      identityProviderController(manager, identityProvider, settings),
      apiExportPolicyController(manager, { fga, workspaces, lister: (resource) => core.lister(resource) }),
    ],
    log: (line) => say(`system: ${line}`),
  });
  const initializer = createMultiClusterManager({
    provider: withSource(initializing, sourceOf(signals, core, systemExport, initializing)),
    controllers: () => [initializerController({ client: initializing.client, workspaces, steps, accounts, turns })],
    log: (line) => say(`initializer: ${line}`),
  });
  const terminator = createMultiClusterManager({
    provider: withSource(terminating, sourceOf(signals, core, systemExport, terminating)),
    controllers: () => [
      terminatorController({
        client: terminating.client,
        workspaces,
        accounts,
        turns,
        terminatingOf: (organization) => terminating.engaged(`${platformMeshPaths.organizations}:${organization}`)?.name,
      }),
    ],
    log: (line) => say(`terminator: ${line}`),
  });

  return {
    async run(signal) {
      extensions.follow(core.source);
      bindings.follow(core.source, (cluster) => organizationOfPath(core.engaged(cluster)?.path ?? ""));
      const unlisten = core.onChange({
        disengaged({ name }) {
          bindings.forget(name);
          extensions.forget(name);
        },
      });
      try {
        await Promise.all([coreManager, systemManager, initializer, terminator].map((manager) => manager.run(signal)));
      } finally {
        unlisten();
        home.close();
        organizations.close();
      }
    },
  };

  function coreControllers(manager: ManagerContext): ControllerOptions[] {
    const newest = new NewestAccounts(() => manager.lister<LogicalCluster>(logicalClusterResource).list());
    const bounds: BoundsParts = { manager, bindings, reservedTypes };
    const mergeKey = (store: string, cluster: string) => `${cluster}|${store}`;
    return [
      storeController(manager, {
        fga,
        builtInModules: modulesOfAll,
        async extensionsOf(store, cluster) {
          // a model made before all its modules are known would take rights away for a moment
          await core.ready;
          return extensionsOf(bounds, store, extensions.of(store, cluster));
        },
        async endGenerated(store, cluster) {
          const generated = extensions.of(store, cluster).filter(({ model }) => model.metadata.labels?.[generatedLabel] === store);
          for (const { key, model } of generated)
            if (!model.metadata.deletionTimestamp)
              await found(typed(manager.client.cluster(key.cluster), authorizationModelResource).delete(key.name));
          return generated.length;
        },
        home: () => core.engaged(platformMeshPaths.organizations)?.name,
        lost: (store) => signals.send(storeLost, organizationKey(store)),
        newestAccount(store) {
          const cluster = newest.of(store);
          return cluster && placeOf(cluster);
        },
        merged(store, cluster, { leftOut }) {
          const key = mergeKey(store, cluster);
          const before = merges.get(key);
          merges.set(key, leftOut);
          if (!before || !sameEntries(before, leftOut)) signals.send(modelMerged, { cluster, namespace: "", name: store });
        },
      }),
      authorizationModelController(manager, {
        fga,
        index: extensions,
        bounds,
        leftOut(store, cluster, extension) {
          const merge = merges.get(mergeKey(store, cluster));
          return merge ? merge.get(extension) : null;
        },
      }),
      modelGeneratorController(manager, bindings),
      inviteController(manager, identityProvider, settings),
    ];
  }
}

const sameEntries = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([name, why]) => b.get(name) === why);

interface ReadyProvider extends Provider {
  /** when all that is there at the start is known */
  readonly ready: Promise<void>;
}

/** Several share it, so it starts once. */
function readyProvider(provider: Provider): ReadyProvider {
  let starting: Promise<void> | undefined;
  let done: () => void;
  const ready = new Promise<void>((resolve) => (done = resolve));
  return {
    client: provider.client,
    source: provider.source,
    ready,
    lister: (resource) => provider.lister(resource),
    clusters: () => provider.clusters(),
    engaged: (cluster) => provider.engaged(cluster),
    onChange: (listener) => provider.onChange(listener),
    start: () => (starting ??= provider.start().then(() => done())),
    stop: () => provider.stop(),
    describe: () => provider.describe(),
  };
}

const systemKinds = new Set(["identityproviderconfigurations", "apiexportpolicies"]);

/** Changes of each resource from where it is seen: workspaces that begin or end show their LogicalCluster only. */
function sourceOf(signals: Signals, core: ReadyProvider, system: ReadyProvider, lifecycle?: Provider): KeySource {
  return {
    subscribe(resource, onChange, options) {
      if (signals.handles(resource)) return signals.subscribe(resource, onChange);
      const from = systemKinds.has(resource.resource)
        ? system
        : lifecycle && resource.resource === logicalClusterResource.resource
          ? lifecycle
          : core;
      from.source.subscribe(resource, onChange, options);
    },
    start: async () => {},
    stop: () => {},
  };
}

const withSource = (provider: Provider, source: KeySource): Provider => ({
  client: provider.client,
  source,
  lister: (resource) => provider.lister(resource),
  clusters: () => provider.clusters(),
  engaged: (cluster) => provider.engaged(cluster),
  onChange: (listener) => provider.onChange(listener),
  start: () => provider.start(),
  stop: () => provider.stop(),
  describe: () => provider.describe(),
});
