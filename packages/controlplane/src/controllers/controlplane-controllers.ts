import type { ControllerOptions } from "@meshplane/controller-runtime";
import { clusterRoleAggregation } from "./cluster-role-aggregation.ts";
import type { ControllerDependencies } from "./dependencies.ts";
import { garbageCollector } from "./garbage-collector.ts";
import { namespaceDefaults } from "./namespace-defaults.ts";
import { namespaceDeletion } from "./namespace-deletion.ts";
import { tokenSecrets } from "./token-secrets.ts";
import { validatingPolicyStatus } from "./validating-policy-status.ts";

/** The controllers that every logical cluster has, each one for all of them. Quotas bring their own: `quota`. */
export const controlplaneControllers = (dependencies: ControllerDependencies): ControllerOptions[] =>
  [namespaceDefaults, namespaceDeletion, garbageCollector, tokenSecrets, clusterRoleAggregation, validatingPolicyStatus].map(
    (controller) => ({
      onError: (error, key, failures) =>
        dependencies.log[failures < 5 ? "debug" : "warn"]("reconcile failed", {
          controller: controller.name,
          cluster: key.cluster,
          namespace: key.namespace,
          name: key.name,
          failures,
          error: String(error),
        }),
      ...controller(dependencies),
    }),
  );
