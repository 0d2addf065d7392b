/** What Go (client-go v0.36) writes for these objects; made once by a Go program, never by our own writer. */
export const vectors: readonly { readonly object: Record<string, unknown> & { apiVersion: string; kind: string }; readonly hex: string }[] =
  [
    {
      object: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: "c",
          namespace: "default",
          uid: "u-1",
          resourceVersion: "7",
          creationTimestamp: "2020-01-01T00:00:00Z",
          labels: { b: "2", a: "1" },
          annotations: { x: "y" },
          generation: 3,
          deletionGracePeriodSeconds: 0,
          deletionTimestamp: "2021-01-01T00:00:00Z",
          finalizers: ["a/b"],
          ownerReferences: [{ apiVersion: "v1", kind: "Secret", name: "s", uid: "q", controller: true, blockOwnerDeletion: false }],
          managedFields: [
            {
              manager: "m",
              operation: "Update",
              apiVersion: "v1",
              time: "2020-01-01T00:00:00Z",
              fieldsType: "FieldsV1",
              fieldsV1: { "f:data": { ".": {}, "f:a": {} } },
            },
          ],
        },
        data: { z: "1", a: "é" },
        binaryData: { q: "AQI=", e: "" },
        immutable: false,
      },
      hex: "6b3873000a0f0a0276311209436f6e6669674d617012d3010aad010a016312001a0764656661756c7422002a03752d31320137380342080880c2aff00510004a080880ccb9ff05100050005a060a01611201315a060a016212013262060a01781201796a160a065365637265741a01732201712a027631300138007203612f628a01450a016d12065570646174651a02763122080880c2aff005100032084669656c647356313a1e0a1c7b22663a64617461223a7b222e223a7b7d2c22663a61223a7b7d7d7d420012070a01611202c3a912060a017a1201311a050a016512001a070a01711202010220001a002200",
    },
    {
      object: {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: "n" },
        involvedObject: { kind: "ConfigMap", name: "c", namespace: "default" },
        reason: "R",
        message: "M",
        source: { component: "c" },
        firstTimestamp: "2020-01-01T00:00:00Z",
        lastTimestamp: null,
        count: -3,
        type: "Normal",
        eventTime: "2020-01-01T00:00:00.123456Z",
        series: { count: 2, lastObservedTime: "2020-01-01T00:00:00.000001Z" },
        action: "A",
        related: { kind: "X" },
        reportingComponent: "rc",
        reportingInstance: "ri",
      },
      hex: "6b3873000a0b0a02763112054576656e741298010a110a016e12001a0022002a00320038004200121f0a09436f6e6669674d6170120764656661756c741a016322002a0032003a001a015222014d2a050a0163120032080880c2aff00510003a0040fdffffffffffffffff014a064e6f726d616c520b0880c2aff005108094ef3a5a0d080212090880c2aff00510e8076201416a0f0a015812001a0022002a0032003a00720272637a0272691a002200",
    },
    {
      object: {
        apiVersion: "v1",
        kind: "ConfigMapList",
        metadata: { resourceVersion: "5", continue: "c", remainingItemCount: 3 },
        items: [{ metadata: { name: "a" }, data: { k: "v" } }, { metadata: { name: "b" } }],
      },
      hex: "6b3873000a130a027631120d436f6e6669674d61704c697374123e0a0a0a001201351a01632003121b0a110a016112001a0022002a0032003800420012060a016b12017612130a110a016212001a0022002a003200380042001a002200",
    },
    {
      object: {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: "n" },
        eventTime: "2020-01-01T00:00:00.123456Z",
        regarding: { kind: "ConfigMap" },
        note: "n",
        deprecatedSource: { host: "h" },
        deprecatedFirstTimestamp: null,
        deprecatedLastTimestamp: "1969-12-31T23:59:59Z",
        deprecatedCount: 1,
      },
      hex: "6b3873000a190a106576656e74732e6b38732e696f2f763112054576656e7412600a110a016e12001a0022002a00320038004200120b0880c2aff005108094ef3a22002a0032003a0042170a09436f6e6669674d617012001a0022002a0032003a0052016e5a0062050a001201686a00720d08ffffffffffffffffff01100078011a002200",
    },
    {
      object: {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "l" },
        spec: {
          holderIdentity: "",
          leaseDurationSeconds: 15,
          acquireTime: "2020-01-01T00:00:00.000000Z",
          renewTime: "2020-01-01T00:00:00.500000Z",
          leaseTransitions: 0,
        },
      },
      hex: "6b3873000a1f0a16636f6f7264696e6174696f6e2e6b38732e696f2f763112054c6561736512330a110a016c12001a0022002a00320038004200121e0a00100f1a080880c2aff0051000220c0880c2aff0051080cab5ee0128001a002200",
    },
    {
      object: {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: "l" },
        rules: [
          { verbs: ["get"], apiGroups: [""], resources: ["x"], resourceNames: ["n"] },
          { verbs: ["get"], nonResourceURLs: ["/x"] },
        ],
        aggregationRule: {
          clusterRoleSelectors: [{ matchLabels: { a: "b" }, matchExpressions: [{ key: "k", operator: "In", values: ["v"] }] }],
        },
      },
      hex: "6b3873000a2b0a1c726261632e617574686f72697a6174696f6e2e6b38732e696f2f7631120b436c7573746572526f6c6512450a110a016c12001a0022002a00320038004200120d0a0367657412001a017822016e12090a036765742a022f781a160a140a060a0161120162120a0a016b1202496e1a01761a002200",
    },
    {
      object: {
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name: "l" },
        spec: {
          request: "YQ==",
          signerName: "a.b/c",
          expirationSeconds: 600,
          usages: ["any"],
          username: "u",
          uid: "i",
          groups: ["g"],
          extra: { k: ["v", "w"], a: [""] },
        },
        status: {
          conditions: [{ type: "Approved", status: "True", lastUpdateTime: "2020-01-01T00:00:00Z", lastTransitionTime: null }],
          certificate: "Yg==",
        },
      },
      hex: "6b3873000a330a166365727469666963617465732e6b38732e696f2f7631121943657274696669636174655369676e696e6752657175657374126d0a110a016c12001a0022002a0032003800420012310a01611201751a01692201672a03616e7932070a016112020a00320b0a016b12060a01760a01773a05612e622f6340d8041a250a200a08417070726f76656412001a0022080880c2aff00510002a003204547275651201621a002200",
    },
    {
      object: {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingAdmissionPolicy",
        metadata: { name: "m" },
        spec: {
          mutations: [
            { patchType: "JSONPatch", jsonPatch: { expression: "x" } },
            { patchType: "ApplyConfiguration", applyConfiguration: { expression: "x" } },
          ],
          reinvocationPolicy: "Never",
        },
      },
      hex: "6b3873000a3a0a1f61646d697373696f6e726567697374726174696f6e2e6b38732e696f2f763112174d75746174696e6741646d697373696f6e506f6c69637912490a110a016d12001a0022002a003200380042001234221012094a534f4e506174636822030a0178221912124170706c79436f6e66696775726174696f6e1a030a01783a054e657665721a002200",
    },
    {
      object: {
        apiVersion: "v1",
        kind: "Status",
        metadata: {},
        status: "Failure",
        message: "m",
        reason: "NotFound",
        details: { name: "n", group: "g", kind: "k", uid: "u", causes: [{ reason: "r", message: "m", field: "f" }], retryAfterSeconds: 1 },
        code: 404,
      },
      hex: "6b3873000a0c0a0276311206537461747573123c0a060a0012001a0012074661696c7572651a016d22084e6f74466f756e642a190a016e1201671a016b22090a017212016d1a016628013201753094031a002200",
    },
    {
      object: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "d" },
        spec: {
          replicas: 0,
          selector: { matchLabels: { a: "b" } },
          template: {
            metadata: { labels: { a: "b" }, creationTimestamp: null },
            spec: {
              containers: [
                {
                  name: "c",
                  image: "i",
                  ports: [{ containerPort: 80, protocol: "TCP" }],
                  resources: { limits: { cpu: "1" } },
                  livenessProbe: { httpGet: { port: "http", path: "/x" } },
                  env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "x" } } }],
                  securityContext: { runAsUser: 0 },
                },
              ],
              volumes: [
                { name: "v", configMap: { name: "c", defaultMode: 420 } },
                { name: "w", projected: { sources: [{ serviceAccountToken: { path: "p" } }] } },
              ],
              tolerations: [{ key: "k" }],
            },
          },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 1 } },
        },
        status: {},
      },
      hex: "6b3873000a150a07617070732f7631120a4465706c6f796d656e7412b6020a110a016412001a0022002a00320038004200129202080012080a060a01611201621ad9010a180a0012001a0022002a003200380042005a060a016112016212bc010a100a0176120b9a01080a030a016318a4030a110a0177120cd201090a0722050a001a0170126d0a01631201692a00320d0a001000185022035443502a003a0e0a014112001a070a050a00120178420c0a0a0a0363707512030a013152220a1612140a022f78120a080110001a04687474701a002200100018002000280030006a0072007a022000800100880100900100a201001a00320042004a0052005800600068008201008a01009a0100b201090a016b12001a002200c2010022240a0d526f6c6c696e6755706461746512130a06080010011a001209080110001a03323525280038001a0c0800100018002000280038001a002200",
    },
  ];
