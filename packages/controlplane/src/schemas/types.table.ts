// Made by tools/kinds/generate.ts from k8s.io/{api,apimachinery,apiextensions-apiserver}@v0.36.0 and k8s.io/kubernetes@v1.36.0
// (Apache-2.0, see NOTICE): names, types and numbers. Do not edit.

/** `= struct`, then its fields `json-name protobuf-number[?=omitempty][z=omitzero] type`; `: alias type`. */
export const typesTable = String.raw`= admissionregistration.ApplyConfiguration
expression 1? string
= admissionregistration.AuditAnnotation
key 1 string
valueExpression 2 string
= admissionregistration.ExpressionWarning
fieldRef 2 string
warning 3 string
= admissionregistration.JSONPatch
expression 1? string
= admissionregistration.MatchCondition
name 1 string
expression 2 string
= admissionregistration.MatchResources
namespaceSelector 1? *meta.LabelSelector
objectSelector 2? *meta.LabelSelector
resourceRules 3? []admissionregistration.NamedRuleWithOperations
excludeResourceRules 4? []admissionregistration.NamedRuleWithOperations
matchPolicy 7? *admissionregistration.MatchPolicyType
= admissionregistration.MutatingAdmissionPolicy
metadata 1? meta.ObjectMeta
spec 2? admissionregistration.MutatingAdmissionPolicySpec
= admissionregistration.MutatingAdmissionPolicyBinding
metadata 1? meta.ObjectMeta
spec 2? admissionregistration.MutatingAdmissionPolicyBindingSpec
= admissionregistration.MutatingAdmissionPolicyBindingList
metadata 1? meta.ListMeta
items 2 []admissionregistration.MutatingAdmissionPolicyBinding
= admissionregistration.MutatingAdmissionPolicyBindingSpec
policyName 1? string
paramRef 2? *admissionregistration.ParamRef
matchResources 3? *admissionregistration.MatchResources
= admissionregistration.MutatingAdmissionPolicyList
metadata 1? meta.ListMeta
items 2 []admissionregistration.MutatingAdmissionPolicy
= admissionregistration.MutatingAdmissionPolicySpec
paramKind 1? *admissionregistration.ParamKind
matchConstraints 2? *admissionregistration.MatchResources
variables 3? []admissionregistration.Variable
mutations 4? []admissionregistration.Mutation
failurePolicy 5? *admissionregistration.FailurePolicyType
matchConditions 6? []admissionregistration.MatchCondition
reinvocationPolicy 7? admissionregistration.ReinvocationPolicyType
= admissionregistration.MutatingWebhook
name 1 string
clientConfig 2 admissionregistration.WebhookClientConfig
rules 3? []admissionregistration.RuleWithOperations
failurePolicy 4? *admissionregistration.FailurePolicyType
matchPolicy 9? *admissionregistration.MatchPolicyType
namespaceSelector 5? *meta.LabelSelector
objectSelector 11? *meta.LabelSelector
sideEffects 6 *admissionregistration.SideEffectClass
timeoutSeconds 7? *i32
admissionReviewVersions 8 []string
reinvocationPolicy 10? *admissionregistration.ReinvocationPolicyType
matchConditions 12? []admissionregistration.MatchCondition
= admissionregistration.MutatingWebhookConfiguration
metadata 1? meta.ObjectMeta
webhooks 2? []admissionregistration.MutatingWebhook
= admissionregistration.MutatingWebhookConfigurationList
metadata 1? meta.ListMeta
items 2 []admissionregistration.MutatingWebhookConfiguration
= admissionregistration.Mutation
patchType 2 admissionregistration.PatchType
applyConfiguration 3? *admissionregistration.ApplyConfiguration
jsonPatch 4? *admissionregistration.JSONPatch
= admissionregistration.NamedRuleWithOperations
resourceNames 1? []string
. 2 admissionregistration.RuleWithOperations
= admissionregistration.ParamKind
apiVersion 1? string
kind 2? string
= admissionregistration.ParamRef
name 1? string
namespace 2? string
selector 3? *meta.LabelSelector
parameterNotFoundAction 4? *admissionregistration.ParameterNotFoundActionType
= admissionregistration.Rule
apiGroups 1? []string
apiVersions 2? []string
resources 3? []string
scope 4? *admissionregistration.ScopeType
= admissionregistration.RuleWithOperations
operations 1? []admissionregistration.OperationType
. 2 admissionregistration.Rule
= admissionregistration.ServiceReference
namespace 1 string
name 2 string
path 3? *string
port 4? *i32
= admissionregistration.TypeChecking
expressionWarnings 1? []admissionregistration.ExpressionWarning
= admissionregistration.ValidatingAdmissionPolicy
metadata 1? meta.ObjectMeta
spec 2? admissionregistration.ValidatingAdmissionPolicySpec
status 3? admissionregistration.ValidatingAdmissionPolicyStatus
= admissionregistration.ValidatingAdmissionPolicyBinding
metadata 1? meta.ObjectMeta
spec 2? admissionregistration.ValidatingAdmissionPolicyBindingSpec
= admissionregistration.ValidatingAdmissionPolicyBindingList
metadata 1? meta.ListMeta
items 2 []admissionregistration.ValidatingAdmissionPolicyBinding
= admissionregistration.ValidatingAdmissionPolicyBindingSpec
policyName 1? string
paramRef 2? *admissionregistration.ParamRef
matchResources 3? *admissionregistration.MatchResources
validationActions 4? []admissionregistration.ValidationAction
= admissionregistration.ValidatingAdmissionPolicyList
metadata 1? meta.ListMeta
items 2 []admissionregistration.ValidatingAdmissionPolicy
= admissionregistration.ValidatingAdmissionPolicySpec
paramKind 1? *admissionregistration.ParamKind
matchConstraints 2? *admissionregistration.MatchResources
validations 3? []admissionregistration.Validation
failurePolicy 4? *admissionregistration.FailurePolicyType
auditAnnotations 5? []admissionregistration.AuditAnnotation
matchConditions 6? []admissionregistration.MatchCondition
variables 7? []admissionregistration.Variable
= admissionregistration.ValidatingAdmissionPolicyStatus
observedGeneration 1? i64
typeChecking 2? *admissionregistration.TypeChecking
conditions 3? []meta.Condition
= admissionregistration.ValidatingWebhook
name 1 string
clientConfig 2 admissionregistration.WebhookClientConfig
rules 3? []admissionregistration.RuleWithOperations
failurePolicy 4? *admissionregistration.FailurePolicyType
matchPolicy 9? *admissionregistration.MatchPolicyType
namespaceSelector 5? *meta.LabelSelector
objectSelector 10? *meta.LabelSelector
sideEffects 6 *admissionregistration.SideEffectClass
timeoutSeconds 7? *i32
admissionReviewVersions 8 []string
matchConditions 11? []admissionregistration.MatchCondition
= admissionregistration.ValidatingWebhookConfiguration
metadata 1? meta.ObjectMeta
webhooks 2? []admissionregistration.ValidatingWebhook
= admissionregistration.ValidatingWebhookConfigurationList
metadata 1? meta.ListMeta
items 2 []admissionregistration.ValidatingWebhookConfiguration
= admissionregistration.Validation
expression 1 string
message 2? string
reason 3? *meta.StatusReason
messageExpression 4? string
= admissionregistration.Variable
name 1 string
expression 2 string
= admissionregistration.WebhookClientConfig
url 3? *string
service 1? *admissionregistration.ServiceReference
caBundle 2? bytes
= apiextensions.CustomResourceColumnDefinition
name 1 string
type 2 string
format 3? string
description 4? string
priority 5? i32
jsonPath 6 string
= apiextensions.CustomResourceConversion
strategy 1 apiextensions.ConversionStrategyType
webhook 2? *apiextensions.WebhookConversion
= apiextensions.CustomResourceDefinition
metadata 1? meta.ObjectMeta
spec 2 apiextensions.CustomResourceDefinitionSpec
status 3? apiextensions.CustomResourceDefinitionStatus
= apiextensions.CustomResourceDefinitionCondition
type 1 apiextensions.CustomResourceDefinitionConditionType
status 2 apiextensions.ConditionStatus
lastTransitionTime 3? meta.Time
reason 4? string
message 5? string
observedGeneration 6? i64
= apiextensions.CustomResourceDefinitionList
metadata 1? meta.ListMeta
items 2 []apiextensions.CustomResourceDefinition
= apiextensions.CustomResourceDefinitionNames
plural 1 string
singular 2? string
shortNames 3? []string
kind 4 string
listKind 5? string
categories 6? []string
= apiextensions.CustomResourceDefinitionSpec
group 1 string
names 3 apiextensions.CustomResourceDefinitionNames
scope 4 apiextensions.ResourceScope
versions 7 []apiextensions.CustomResourceDefinitionVersion
conversion 9? *apiextensions.CustomResourceConversion
preserveUnknownFields 10? bool
= apiextensions.CustomResourceDefinitionStatus
conditions 1 []apiextensions.CustomResourceDefinitionCondition
acceptedNames 2 apiextensions.CustomResourceDefinitionNames
storedVersions 3 []string
observedGeneration 4? i64
= apiextensions.CustomResourceDefinitionVersion
name 1 string
served 2 bool
storage 3 bool
deprecated 7? bool
deprecationWarning 8? *string
schema 4? *apiextensions.CustomResourceValidation
subresources 5? *apiextensions.CustomResourceSubresources
additionalPrinterColumns 6? []apiextensions.CustomResourceColumnDefinition
selectableFields 9? []apiextensions.SelectableField
= apiextensions.CustomResourceSubresourceScale
specReplicasPath 1 string
statusReplicasPath 2 string
labelSelectorPath 3? *string
= apiextensions.CustomResourceSubresourceStatus
= apiextensions.CustomResourceSubresources
status 1? *apiextensions.CustomResourceSubresourceStatus
scale 2? *apiextensions.CustomResourceSubresourceScale
= apiextensions.CustomResourceValidation
openAPIV3Schema 1? *apiextensions.JSONSchemaProps
= apiextensions.ExternalDocumentation
description 1? string
url 2? string
= apiextensions.JSONSchemaProps
id 1? string
$schema 2? apiextensions.JSONSchemaURL
$ref 3? *string
description 4? string
type 5? string
format 6? string
title 7? string
default 8? *apiextensions.JSON
maximum 9? *f64
exclusiveMaximum 10? bool
minimum 11? *f64
exclusiveMinimum 12? bool
maxLength 13? *i64
minLength 14? *i64
pattern 15? string
maxItems 16? *i64
minItems 17? *i64
uniqueItems 18? bool
multipleOf 19? *f64
enum 20? []apiextensions.JSON
maxProperties 21? *i64
minProperties 22? *i64
required 23? []string
items 24? *apiextensions.JSONSchemaPropsOrArray
allOf 25? []apiextensions.JSONSchemaProps
oneOf 26? []apiextensions.JSONSchemaProps
anyOf 27? []apiextensions.JSONSchemaProps
not 28? *apiextensions.JSONSchemaProps
properties 29? {}apiextensions.JSONSchemaProps
additionalProperties 30? *apiextensions.JSONSchemaPropsOrBool
patternProperties 31? {}apiextensions.JSONSchemaProps
dependencies 32? apiextensions.JSONSchemaDependencies
additionalItems 33? *apiextensions.JSONSchemaPropsOrBool
definitions 34? apiextensions.JSONSchemaDefinitions
externalDocs 35? *apiextensions.ExternalDocumentation
example 36? *apiextensions.JSON
nullable 37? bool
x-kubernetes-preserve-unknown-fields 38? *bool
x-kubernetes-embedded-resource 39? bool
x-kubernetes-int-or-string 40? bool
x-kubernetes-list-map-keys 41? []string
x-kubernetes-list-type 42? *string
x-kubernetes-map-type 43? *string
x-kubernetes-validations 44? apiextensions.ValidationRules
= apiextensions.SelectableField
jsonPath 1 string
= apiextensions.ServiceReference
namespace 1 string
name 2 string
path 3? *string
port 4? *i32
= apiextensions.ValidationRule
rule 1 string
message 2? string
messageExpression 3? string
reason 4? *apiextensions.FieldValueErrorReason
fieldPath 5? string
optionalOldSelf 6? *bool
= apiextensions.WebhookClientConfig
url 3? *string
service 1? *apiextensions.ServiceReference
caBundle 2? bytes
= apiextensions.WebhookConversion
clientConfig 2? *apiextensions.WebhookClientConfig
conversionReviewVersions 3 []string
= authn.BoundObjectReference
kind 1? string
apiVersion 2? string
name 3? string
uid 4? string
= authn.SelfSubjectReview
metadata 1? meta.ObjectMeta
status 2? authn.SelfSubjectReviewStatus
= authn.SelfSubjectReviewStatus
userInfo 1? authn.UserInfo
= authn.TokenRequest
metadata 1? meta.ObjectMeta
spec 2 authn.TokenRequestSpec
status 3? authn.TokenRequestStatus
= authn.TokenRequestSpec
audiences 1 []string
expirationSeconds 4 *i64
boundObjectRef 3 *authn.BoundObjectReference
= authn.TokenRequestStatus
token 1 string
expirationTimestamp 2 meta.Time
= authn.TokenReview
metadata 1? meta.ObjectMeta
spec 2 authn.TokenReviewSpec
status 3? authn.TokenReviewStatus
= authn.TokenReviewSpec
token 1? string
audiences 2? []string
= authn.TokenReviewStatus
authenticated 1? bool
user 2? authn.UserInfo
audiences 4? []string
error 3? string
= authn.UserInfo
username 1? string
uid 2? string
groups 3? []string
extra 4? {}authn.ExtraValue
= authz.FieldSelectorAttributes
rawSelector 1? string
requirements 2? []meta.FieldSelectorRequirement
= authz.LabelSelectorAttributes
rawSelector 1? string
requirements 2? []meta.LabelSelectorRequirement
= authz.LocalSubjectAccessReview
metadata 1? meta.ObjectMeta
spec 2 authz.SubjectAccessReviewSpec
status 3? authz.SubjectAccessReviewStatus
= authz.NonResourceAttributes
path 1? string
verb 2? string
= authz.NonResourceRule
verbs 1 []string
nonResourceURLs 2? []string
= authz.ResourceAttributes
namespace 1? string
verb 2? string
group 3? string
version 4? string
resource 5? string
subresource 6? string
name 7? string
fieldSelector 8? *authz.FieldSelectorAttributes
labelSelector 9? *authz.LabelSelectorAttributes
= authz.ResourceRule
verbs 1 []string
apiGroups 2? []string
resources 3? []string
resourceNames 4? []string
= authz.SelfSubjectAccessReview
metadata 1? meta.ObjectMeta
spec 2 authz.SelfSubjectAccessReviewSpec
status 3? authz.SubjectAccessReviewStatus
= authz.SelfSubjectAccessReviewSpec
resourceAttributes 1? *authz.ResourceAttributes
nonResourceAttributes 2? *authz.NonResourceAttributes
= authz.SelfSubjectRulesReview
metadata 1? meta.ObjectMeta
spec 2 authz.SelfSubjectRulesReviewSpec
status 3? authz.SubjectRulesReviewStatus
= authz.SelfSubjectRulesReviewSpec
namespace 1? string
= authz.SubjectAccessReview
metadata 1? meta.ObjectMeta
spec 2 authz.SubjectAccessReviewSpec
status 3? authz.SubjectAccessReviewStatus
= authz.SubjectAccessReviewSpec
resourceAttributes 1? *authz.ResourceAttributes
nonResourceAttributes 2? *authz.NonResourceAttributes
user 3? string
groups 4? []string
extra 5? {}authz.ExtraValue
uid 6? string
= authz.SubjectAccessReviewStatus
allowed 1 bool
denied 4? bool
reason 2? string
evaluationError 3? string
= authz.SubjectRulesReviewStatus
resourceRules 1 []authz.ResourceRule
nonResourceRules 2 []authz.NonResourceRule
incomplete 3 bool
evaluationError 4? string
= autoscaling.Scale
metadata 1? meta.ObjectMeta
spec 2? autoscaling.ScaleSpec
status 3? autoscaling.ScaleStatus
= autoscaling.ScaleSpec
replicas 1? i32
= autoscaling.ScaleStatus
replicas 1 i32
selector 2? string
= certificates.CertificateSigningRequest
metadata 1? meta.ObjectMeta
spec 2 certificates.CertificateSigningRequestSpec
status 3? certificates.CertificateSigningRequestStatus
= certificates.CertificateSigningRequestCondition
type 1 certificates.RequestConditionType
status 6 core.ConditionStatus
reason 2? string
message 3? string
lastUpdateTime 4? meta.Time
lastTransitionTime 5? meta.Time
= certificates.CertificateSigningRequestList
metadata 1? meta.ListMeta
items 2 []certificates.CertificateSigningRequest
= certificates.CertificateSigningRequestSpec
request 1 bytes
signerName 7 string
expirationSeconds 8? *i32
usages 5? []certificates.KeyUsage
username 2? string
uid 3? string
groups 4? []string
extra 6? {}certificates.ExtraValue
= certificates.CertificateSigningRequestStatus
conditions 1? []certificates.CertificateSigningRequestCondition
certificate 2? bytes
= coordination.Lease
metadata 1? meta.ObjectMeta
spec 2? coordination.LeaseSpec
= coordination.LeaseList
metadata 1? meta.ListMeta
items 2 []coordination.Lease
= coordination.LeaseSpec
holderIdentity 1? *string
leaseDurationSeconds 2? *i32
acquireTime 3? *meta.MicroTime
renewTime 4? *meta.MicroTime
leaseTransitions 5? *i32
strategy 6? *coordination.CoordinatedLeaseStrategy
preferredHolder 7? *string
= core.ConfigMap
metadata 1? meta.ObjectMeta
immutable 4? *bool
data 2? {}string
binaryData 3? {}bytes
= core.ConfigMapList
metadata 1? meta.ListMeta
items 2 []core.ConfigMap
= core.Event
metadata 1 meta.ObjectMeta
involvedObject 2 core.ObjectReference
reason 3? string
message 4? string
source 5? core.EventSource
firstTimestamp 6? meta.Time
lastTimestamp 7? meta.Time
count 8? i32
type 9? string
eventTime 10? meta.MicroTime
series 11? *core.EventSeries
action 12? string
related 13? *core.ObjectReference
reportingComponent 14 string
reportingInstance 15 string
= core.EventList
metadata 1? meta.ListMeta
items 2 []core.Event
= core.EventSeries
count 1? i32
lastObservedTime 2? meta.MicroTime
= core.EventSource
component 1? string
host 2? string
= core.LocalObjectReference
name 1? string
= core.Namespace
metadata 1? meta.ObjectMeta
spec 2? core.NamespaceSpec
status 3? core.NamespaceStatus
= core.NamespaceCondition
type 1 core.NamespaceConditionType
status 2 core.ConditionStatus
lastTransitionTime 4? meta.Time
reason 5? string
message 6? string
= core.NamespaceList
metadata 1? meta.ListMeta
items 2 []core.Namespace
= core.NamespaceSpec
finalizers 1? []core.FinalizerName
= core.NamespaceStatus
phase 1? core.NamespacePhase
conditions 2? []core.NamespaceCondition
= core.ObjectReference
kind 1? string
namespace 2? string
name 3? string
uid 4? string
apiVersion 5? string
resourceVersion 6? string
fieldPath 7? string
= core.ResourceQuota
metadata 1? meta.ObjectMeta
spec 2? core.ResourceQuotaSpec
status 3? core.ResourceQuotaStatus
= core.ResourceQuotaList
metadata 1? meta.ListMeta
items 2 []core.ResourceQuota
= core.ResourceQuotaSpec
hard 1? core.ResourceList
scopes 2? []core.ResourceQuotaScope
scopeSelector 3? *core.ScopeSelector
= core.ResourceQuotaStatus
hard 1? core.ResourceList
used 2? core.ResourceList
= core.ScopeSelector
matchExpressions 1? []core.ScopedResourceSelectorRequirement
= core.ScopedResourceSelectorRequirement
scopeName 1 core.ResourceQuotaScope
operator 2 core.ScopeSelectorOperator
values 3? []string
= core.Secret
metadata 1? meta.ObjectMeta
immutable 5? *bool
data 2? {}bytes
stringData 4? {}string
type 3? core.SecretType
= core.SecretList
metadata 1? meta.ListMeta
items 2 []core.Secret
= core.ServiceAccount
metadata 1? meta.ObjectMeta
secrets 2? []core.ObjectReference
imagePullSecrets 3? []core.LocalObjectReference
automountServiceAccountToken 4? *bool
= core.ServiceAccountList
metadata 1? meta.ListMeta
items 2 []core.ServiceAccount
= discovery.APIGroupDiscovery
metadata 1? meta.ObjectMeta
versions 2? []discovery.APIVersionDiscovery
= discovery.APIGroupDiscoveryList
metadata 1? meta.ListMeta
items 2 []discovery.APIGroupDiscovery
= discovery.APIResourceDiscovery
resource 1 string
responseKind 2? *meta.GroupVersionKind
scope 3 discovery.ResourceScope
singularResource 4 string
verbs 5 []string
shortNames 6? []string
categories 7? []string
subresources 8? []discovery.APISubresourceDiscovery
= discovery.APISubresourceDiscovery
subresource 1 string
responseKind 2? *meta.GroupVersionKind
acceptedTypes 3? []meta.GroupVersionKind
verbs 4 []string
= discovery.APIVersionDiscovery
version 1 string
resources 2? []discovery.APIResourceDiscovery
freshness 3? discovery.DiscoveryFreshness
= events.Event
metadata 1 meta.ObjectMeta
eventTime 2 meta.MicroTime
series 3? *events.EventSeries
reportingController 4? string
reportingInstance 5? string
action 6? string
reason 7? string
regarding 8? core.ObjectReference
related 9? *core.ObjectReference
note 10? string
type 11? string
deprecatedSource 12? core.EventSource
deprecatedFirstTimestamp 13? meta.Time
deprecatedLastTimestamp 14? meta.Time
deprecatedCount 15? i32
= events.EventList
metadata 1? meta.ListMeta
items 2 []events.Event
= events.EventSeries
count 1 i32
lastObservedTime 2 meta.MicroTime
= meta.APIGroup
name 1 string
versions 2 []meta.GroupVersionForDiscovery
preferredVersion 3? meta.GroupVersionForDiscovery
serverAddressByClientCIDRs 4? []meta.ServerAddressByClientCIDR
= meta.APIGroupList
groups 1 []meta.APIGroup
= meta.APIResource
name 1 string
singularName 6 string
namespaced 2 bool
group 8? string
version 9? string
kind 3 string
verbs 4 meta.Verbs
shortNames 5? []string
categories 7? []string
storageVersionHash 10? string
= meta.APIResourceList
groupVersion 1 string
resources 2 []meta.APIResource
= meta.APIVersions
versions 1 []string
serverAddressByClientCIDRs 2 []meta.ServerAddressByClientCIDR
= meta.Condition
type 1 string
status 2 meta.ConditionStatus
observedGeneration 3? i64
lastTransitionTime 4 meta.Time
reason 5 string
message 6 string
= meta.CreateOptions
dryRun 1? []string
fieldManager 3? string
fieldValidation 4? string
= meta.DeleteOptions
gracePeriodSeconds 1? *i64
preconditions 2? *meta.Preconditions
orphanDependents 3? *bool
propagationPolicy 4? *meta.DeletionPropagation
dryRun 5? []string
ignoreStoreReadErrorWithClusterBreakingPotential 6? *bool
= meta.FieldSelectorRequirement
key 1 string
operator 2 meta.FieldSelectorOperator
values 3? []string
= meta.GetOptions
resourceVersion 1? string
= meta.GroupVersionForDiscovery
groupVersion 1 string
version 2 string
= meta.GroupVersionKind
group 1 string
version 2 string
kind 3 string
= meta.LabelSelector
matchLabels 1? {}string
matchExpressions 2? []meta.LabelSelectorRequirement
= meta.LabelSelectorRequirement
key 1 string
operator 2 meta.LabelSelectorOperator
values 3? []string
= meta.ListMeta
selfLink 1? string
resourceVersion 2? string
continue 3? string
remainingItemCount 4? *i64
shardInfo 5? *meta.ShardInfo
= meta.ListOptions
labelSelector 1? string
fieldSelector 2? string
watch 3? bool
allowWatchBookmarks 9? bool
resourceVersion 4? string
resourceVersionMatch 10? meta.ResourceVersionMatch
timeoutSeconds 5? *i64
limit 7? i64
continue 8? string
sendInitialEvents 11? *bool
shardSelector 15? string
= meta.ManagedFieldsEntry
manager 1? string
operation 2? meta.ManagedFieldsOperationType
apiVersion 3? string
time 4? *meta.Time
fieldsType 6? string
fieldsV1 7? *meta.FieldsV1
subresource 8? string
= meta.ObjectMeta
name 1? string
generateName 2? string
namespace 3? string
selfLink 4? string
uid 5? string
resourceVersion 6? string
generation 7? i64
creationTimestamp 8?z meta.Time
deletionTimestamp 9? *meta.Time
deletionGracePeriodSeconds 10? *i64
labels 11? {}string
annotations 12? {}string
ownerReferences 13? []meta.OwnerReference
finalizers 14? []string
managedFields 17? []meta.ManagedFieldsEntry
= meta.OwnerReference
apiVersion 5 string
kind 1 string
name 3 string
uid 4 string
controller 6? *bool
blockOwnerDeletion 7? *bool
= meta.PartialObjectMetadata
metadata 1? meta.ObjectMeta
= meta.PartialObjectMetadataList
metadata 1? meta.ListMeta
items 2 []meta.PartialObjectMetadata
= meta.PatchOptions
dryRun 1? []string
force 2? *bool
fieldManager 3? string
fieldValidation 4? string
= meta.Preconditions
uid 1? *string
resourceVersion 2? *string
= meta.ServerAddressByClientCIDR
clientCIDR 1 string
serverAddress 2 string
= meta.ShardInfo
selector 1 string
= meta.Status
metadata 1? meta.ListMeta
status 2? string
message 3? string
reason 4? meta.StatusReason
details 5? *meta.StatusDetails
code 6? i32
= meta.StatusCause
reason 1? meta.CauseType
message 2? string
field 3? string
= meta.StatusDetails
name 1? string
group 2? string
kind 3? string
uid 6? string
causes 4? []meta.StatusCause
retryAfterSeconds 5? i32
= meta.UpdateOptions
dryRun 1? []string
fieldManager 2? string
fieldValidation 3? string
= meta.WatchEvent
type 1 string
object 2 raw
= rbac.AggregationRule
clusterRoleSelectors 1? []meta.LabelSelector
= rbac.ClusterRole
metadata 1? meta.ObjectMeta
rules 2 []rbac.PolicyRule
aggregationRule 3? *rbac.AggregationRule
= rbac.ClusterRoleBinding
metadata 1? meta.ObjectMeta
subjects 2? []rbac.Subject
roleRef 3 rbac.RoleRef
= rbac.ClusterRoleBindingList
metadata 1? meta.ListMeta
items 2 []rbac.ClusterRoleBinding
= rbac.ClusterRoleList
metadata 1? meta.ListMeta
items 2 []rbac.ClusterRole
= rbac.PolicyRule
verbs 1 []string
apiGroups 2? []string
resources 3? []string
resourceNames 4? []string
nonResourceURLs 5? []string
= rbac.Role
metadata 1? meta.ObjectMeta
rules 2 []rbac.PolicyRule
= rbac.RoleBinding
metadata 1? meta.ObjectMeta
subjects 2? []rbac.Subject
roleRef 3 rbac.RoleRef
= rbac.RoleBindingList
metadata 1? meta.ListMeta
items 2 []rbac.RoleBinding
= rbac.RoleList
metadata 1? meta.ListMeta
items 2 []rbac.Role
= rbac.RoleRef
apiGroup 1 string
kind 2 string
name 3 string
= rbac.Subject
kind 1 string
apiGroup 2? string
name 3 string
namespace 4? string
: admissionregistration.FailurePolicyType string
: admissionregistration.MatchPolicyType string
: admissionregistration.OperationType string
: admissionregistration.ParameterNotFoundActionType string
: admissionregistration.PatchType string
: admissionregistration.ReinvocationPolicyType string
: admissionregistration.ScopeType string
: admissionregistration.SideEffectClass string
: admissionregistration.ValidationAction string
: apiextensions.ConditionStatus string
: apiextensions.ConversionStrategyType string
: apiextensions.CustomResourceDefinitionConditionType string
: apiextensions.FieldValueErrorReason string
: apiextensions.JSONSchemaDefinitions {}apiextensions.JSONSchemaProps
: apiextensions.JSONSchemaDependencies {}apiextensions.JSONSchemaPropsOrStringArray
: apiextensions.JSONSchemaURL string
: apiextensions.ResourceScope string
: apiextensions.ValidationRules []apiextensions.ValidationRule
: authn.ExtraValue message []string
: authz.ExtraValue message []string
: certificates.ExtraValue message []string
: certificates.KeyUsage string
: certificates.RequestConditionType string
: coordination.CoordinatedLeaseStrategy string
: core.ConditionStatus string
: core.FinalizerName string
: core.NamespaceConditionType string
: core.NamespacePhase string
: core.ResourceList {}quantity
: core.ResourceQuotaScope string
: core.ScopeSelectorOperator string
: core.SecretType string
: discovery.DiscoveryFreshness string
: discovery.ResourceScope string
: meta.CauseType string
: meta.ConditionStatus string
: meta.DeletionPropagation string
: meta.FieldSelectorOperator string
: meta.LabelSelectorOperator string
: meta.ManagedFieldsOperationType string
: meta.ResourceVersionMatch string
: meta.StatusReason string
: meta.Verbs message []string
`;
