// Made by tools/kinds/generate.ts from k8s.io/{api,apimachinery,apiextensions-apiserver}@v0.36.0 and k8s.io/kubernetes@v1.36.0
// (Apache-2.0, see NOTICE): names, types and numbers. Do not edit.

/** As types.table.ts, of the kinds that no cluster serves by itself. */
export const clientTypesTable = String.raw`= apps.ControllerRevision
metadata 1? meta.ObjectMeta
data 2? raw
revision 3 i64
= apps.ControllerRevisionList
metadata 1? meta.ListMeta
items 2 []apps.ControllerRevision
= apps.DaemonSet
metadata 1? meta.ObjectMeta
spec 2? apps.DaemonSetSpec
status 3? apps.DaemonSetStatus
= apps.DaemonSetCondition
type 1 apps.DaemonSetConditionType
status 2 core.ConditionStatus
lastTransitionTime 3? meta.Time
reason 4? string
message 5? string
= apps.DaemonSetList
metadata 1? meta.ListMeta
items 2 []apps.DaemonSet
= apps.DaemonSetSpec
selector 1 *meta.LabelSelector
template 2 core.PodTemplateSpec
updateStrategy 3? apps.DaemonSetUpdateStrategy
minReadySeconds 4? i32
revisionHistoryLimit 6? *i32
= apps.DaemonSetStatus
currentNumberScheduled 1 i32
numberMisscheduled 2 i32
desiredNumberScheduled 3 i32
numberReady 4 i32
observedGeneration 5? i64
updatedNumberScheduled 6? i32
numberAvailable 7? i32
numberUnavailable 8? i32
collisionCount 9? *i32
conditions 10? []apps.DaemonSetCondition
= apps.DaemonSetUpdateStrategy
type 1? apps.DaemonSetUpdateStrategyType
rollingUpdate 2? *apps.RollingUpdateDaemonSet
= apps.Deployment
metadata 1? meta.ObjectMeta
spec 2? apps.DeploymentSpec
status 3? apps.DeploymentStatus
= apps.DeploymentCondition
type 1 apps.DeploymentConditionType
status 2 core.ConditionStatus
lastUpdateTime 6? meta.Time
lastTransitionTime 7? meta.Time
reason 4? string
message 5? string
= apps.DeploymentList
metadata 1? meta.ListMeta
items 2 []apps.Deployment
= apps.DeploymentSpec
replicas 1? *i32
selector 2 *meta.LabelSelector
template 3 core.PodTemplateSpec
strategy 4? apps.DeploymentStrategy
minReadySeconds 5? i32
revisionHistoryLimit 6? *i32
paused 7? bool
progressDeadlineSeconds 9? *i32
= apps.DeploymentStatus
observedGeneration 1? i64
replicas 2? i32
updatedReplicas 3? i32
readyReplicas 7? i32
availableReplicas 4? i32
unavailableReplicas 5? i32
terminatingReplicas 9? *i32
conditions 6? []apps.DeploymentCondition
collisionCount 8? *i32
= apps.DeploymentStrategy
type 1? apps.DeploymentStrategyType
rollingUpdate 2? *apps.RollingUpdateDeployment
= apps.ReplicaSet
metadata 1? meta.ObjectMeta
spec 2? apps.ReplicaSetSpec
status 3? apps.ReplicaSetStatus
= apps.ReplicaSetCondition
type 1 apps.ReplicaSetConditionType
status 2 core.ConditionStatus
lastTransitionTime 3? meta.Time
reason 4? string
message 5? string
= apps.ReplicaSetList
metadata 1? meta.ListMeta
items 2 []apps.ReplicaSet
= apps.ReplicaSetSpec
replicas 1? *i32
minReadySeconds 4? i32
selector 2 *meta.LabelSelector
template 3? core.PodTemplateSpec
= apps.ReplicaSetStatus
replicas 1 i32
fullyLabeledReplicas 2? i32
readyReplicas 4? i32
availableReplicas 5? i32
terminatingReplicas 7? *i32
observedGeneration 3? i64
conditions 6? []apps.ReplicaSetCondition
= apps.RollingUpdateDaemonSet
maxUnavailable 1? *intOrString
maxSurge 2? *intOrString
= apps.RollingUpdateDeployment
maxUnavailable 1? *intOrString
maxSurge 2? *intOrString
= apps.RollingUpdateStatefulSetStrategy
partition 1? *i32
maxUnavailable 2? *intOrString
= apps.StatefulSet
metadata 1? meta.ObjectMeta
spec 2? apps.StatefulSetSpec
status 3? apps.StatefulSetStatus
= apps.StatefulSetCondition
type 1 apps.StatefulSetConditionType
status 2 core.ConditionStatus
lastTransitionTime 3? meta.Time
reason 4? string
message 5? string
= apps.StatefulSetList
metadata 1? meta.ListMeta
items 2 []apps.StatefulSet
= apps.StatefulSetOrdinals
start 1 i32
= apps.StatefulSetPersistentVolumeClaimRetentionPolicy
whenDeleted 1? apps.PersistentVolumeClaimRetentionPolicyType
whenScaled 2? apps.PersistentVolumeClaimRetentionPolicyType
= apps.StatefulSetSpec
replicas 1? *i32
selector 2 *meta.LabelSelector
template 3 core.PodTemplateSpec
volumeClaimTemplates 4? []core.PersistentVolumeClaim
serviceName 5 string
podManagementPolicy 6? apps.PodManagementPolicyType
updateStrategy 7? apps.StatefulSetUpdateStrategy
revisionHistoryLimit 8? *i32
minReadySeconds 9? i32
persistentVolumeClaimRetentionPolicy 10? *apps.StatefulSetPersistentVolumeClaimRetentionPolicy
ordinals 11? *apps.StatefulSetOrdinals
= apps.StatefulSetStatus
observedGeneration 1? i64
replicas 2 i32
readyReplicas 3? i32
currentReplicas 4? i32
updatedReplicas 5? i32
currentRevision 6? string
updateRevision 7? string
collisionCount 9? *i32
conditions 10? []apps.StatefulSetCondition
availableReplicas 11 i32
= apps.StatefulSetUpdateStrategy
type 1? apps.StatefulSetUpdateStrategyType
rollingUpdate 2? *apps.RollingUpdateStatefulSetStrategy
= autoscaling.CrossVersionObjectReference
kind 1 string
name 2 string
apiVersion 3? string
= autoscaling.HorizontalPodAutoscaler
metadata 1? meta.ObjectMeta
spec 2? autoscaling.HorizontalPodAutoscalerSpec
status 3? autoscaling.HorizontalPodAutoscalerStatus
= autoscaling.HorizontalPodAutoscalerList
metadata 1? meta.ListMeta
items 2 []autoscaling.HorizontalPodAutoscaler
= autoscaling.HorizontalPodAutoscalerSpec
scaleTargetRef 1 autoscaling.CrossVersionObjectReference
minReplicas 2? *i32
maxReplicas 3 i32
targetCPUUtilizationPercentage 4? *i32
= autoscaling.HorizontalPodAutoscalerStatus
observedGeneration 1? *i64
lastScaleTime 2? *meta.Time
currentReplicas 3 i32
desiredReplicas 4 i32
currentCPUUtilizationPercentage 5? *i32
= autoscaling2.ContainerResourceMetricSource
name 1 core.ResourceName
target 2 autoscaling2.MetricTarget
container 3 string
= autoscaling2.ContainerResourceMetricStatus
name 1 core.ResourceName
current 2 autoscaling2.MetricValueStatus
container 3 string
= autoscaling2.CrossVersionObjectReference
kind 1 string
name 2 string
apiVersion 3? string
= autoscaling2.ExternalMetricSource
metric 1 autoscaling2.MetricIdentifier
target 2 autoscaling2.MetricTarget
= autoscaling2.ExternalMetricStatus
metric 1 autoscaling2.MetricIdentifier
current 2 autoscaling2.MetricValueStatus
= autoscaling2.HPAScalingPolicy
type 1 autoscaling2.HPAScalingPolicyType
value 2 i32
periodSeconds 3 i32
= autoscaling2.HPAScalingRules
stabilizationWindowSeconds 3? *i32
selectPolicy 1? *autoscaling2.ScalingPolicySelect
policies 2? []autoscaling2.HPAScalingPolicy
tolerance 4? *quantity
= autoscaling2.HorizontalPodAutoscaler
metadata 1? meta.ObjectMeta
spec 2? autoscaling2.HorizontalPodAutoscalerSpec
status 3? autoscaling2.HorizontalPodAutoscalerStatus
= autoscaling2.HorizontalPodAutoscalerBehavior
scaleUp 1? *autoscaling2.HPAScalingRules
scaleDown 2? *autoscaling2.HPAScalingRules
= autoscaling2.HorizontalPodAutoscalerCondition
type 1 autoscaling2.HorizontalPodAutoscalerConditionType
status 2 core.ConditionStatus
lastTransitionTime 3? meta.Time
reason 4? string
message 5? string
= autoscaling2.HorizontalPodAutoscalerList
metadata 1? meta.ListMeta
items 2 []autoscaling2.HorizontalPodAutoscaler
= autoscaling2.HorizontalPodAutoscalerSpec
scaleTargetRef 1 autoscaling2.CrossVersionObjectReference
minReplicas 2? *i32
maxReplicas 3 i32
metrics 4? []autoscaling2.MetricSpec
behavior 5? *autoscaling2.HorizontalPodAutoscalerBehavior
= autoscaling2.HorizontalPodAutoscalerStatus
observedGeneration 1? *i64
lastScaleTime 2? *meta.Time
currentReplicas 3? i32
desiredReplicas 4 i32
currentMetrics 5 []autoscaling2.MetricStatus
conditions 6? []autoscaling2.HorizontalPodAutoscalerCondition
= autoscaling2.MetricIdentifier
name 1 string
selector 2? *meta.LabelSelector
= autoscaling2.MetricSpec
type 1 autoscaling2.MetricSourceType
object 2? *autoscaling2.ObjectMetricSource
pods 3? *autoscaling2.PodsMetricSource
resource 4? *autoscaling2.ResourceMetricSource
containerResource 7? *autoscaling2.ContainerResourceMetricSource
external 5? *autoscaling2.ExternalMetricSource
= autoscaling2.MetricStatus
type 1 autoscaling2.MetricSourceType
object 2? *autoscaling2.ObjectMetricStatus
pods 3? *autoscaling2.PodsMetricStatus
resource 4? *autoscaling2.ResourceMetricStatus
containerResource 7? *autoscaling2.ContainerResourceMetricStatus
external 5? *autoscaling2.ExternalMetricStatus
= autoscaling2.MetricTarget
type 1 autoscaling2.MetricTargetType
value 2? *quantity
averageValue 3? *quantity
averageUtilization 4? *i32
= autoscaling2.MetricValueStatus
value 1? *quantity
averageValue 2? *quantity
averageUtilization 3? *i32
= autoscaling2.ObjectMetricSource
describedObject 1 autoscaling2.CrossVersionObjectReference
target 2 autoscaling2.MetricTarget
metric 3 autoscaling2.MetricIdentifier
= autoscaling2.ObjectMetricStatus
metric 1 autoscaling2.MetricIdentifier
current 2 autoscaling2.MetricValueStatus
describedObject 3 autoscaling2.CrossVersionObjectReference
= autoscaling2.PodsMetricSource
metric 1 autoscaling2.MetricIdentifier
target 2 autoscaling2.MetricTarget
= autoscaling2.PodsMetricStatus
metric 1 autoscaling2.MetricIdentifier
current 2 autoscaling2.MetricValueStatus
= autoscaling2.ResourceMetricSource
name 1 core.ResourceName
target 2 autoscaling2.MetricTarget
= autoscaling2.ResourceMetricStatus
name 1 core.ResourceName
current 2 autoscaling2.MetricValueStatus
= batch.CronJob
metadata 1? meta.ObjectMeta
spec 2? batch.CronJobSpec
status 3? batch.CronJobStatus
= batch.CronJobList
metadata 1? meta.ListMeta
items 2 []batch.CronJob
= batch.CronJobSpec
schedule 1 string
timeZone 8? *string
startingDeadlineSeconds 2? *i64
concurrencyPolicy 3? batch.ConcurrencyPolicy
suspend 4? *bool
jobTemplate 5 batch.JobTemplateSpec
successfulJobsHistoryLimit 6? *i32
failedJobsHistoryLimit 7? *i32
= batch.CronJobStatus
active 1? []core.ObjectReference
lastScheduleTime 4? *meta.Time
lastSuccessfulTime 5? *meta.Time
= batch.Job
metadata 1? meta.ObjectMeta
spec 2? batch.JobSpec
status 3? batch.JobStatus
= batch.JobCondition
type 1 batch.JobConditionType
status 2 core.ConditionStatus
lastProbeTime 3? meta.Time
lastTransitionTime 4? meta.Time
reason 5? string
message 6? string
= batch.JobList
metadata 1? meta.ListMeta
items 2 []batch.Job
= batch.JobSpec
parallelism 1? *i32
completions 2? *i32
activeDeadlineSeconds 3? *i64
podFailurePolicy 11? *batch.PodFailurePolicy
successPolicy 16? *batch.SuccessPolicy
backoffLimit 7? *i32
backoffLimitPerIndex 12? *i32
maxFailedIndexes 13? *i32
selector 4? *meta.LabelSelector
manualSelector 5? *bool
template 6 core.PodTemplateSpec
ttlSecondsAfterFinished 8? *i32
completionMode 9? *batch.CompletionMode
suspend 10? *bool
podReplacementPolicy 14? *batch.PodReplacementPolicy
managedBy 15? *string
= batch.JobStatus
conditions 1? []batch.JobCondition
startTime 2? *meta.Time
completionTime 3? *meta.Time
active 4? i32
succeeded 5? i32
failed 6? i32
terminating 11? *i32
completedIndexes 7? string
failedIndexes 10? *string
uncountedTerminatedPods 8? *batch.UncountedTerminatedPods
ready 9? *i32
= batch.JobTemplateSpec
metadata 1? meta.ObjectMeta
spec 2? batch.JobSpec
= batch.PodFailurePolicy
rules 1 []batch.PodFailurePolicyRule
= batch.PodFailurePolicyOnExitCodesRequirement
containerName 1? *string
operator 2 batch.PodFailurePolicyOnExitCodesOperator
values 3 []i32
= batch.PodFailurePolicyOnPodConditionsPattern
type 1 core.PodConditionType
status 2 core.ConditionStatus
= batch.PodFailurePolicyRule
action 1 batch.PodFailurePolicyAction
onExitCodes 2? *batch.PodFailurePolicyOnExitCodesRequirement
onPodConditions 3? []batch.PodFailurePolicyOnPodConditionsPattern
= batch.SuccessPolicy
rules 1 []batch.SuccessPolicyRule
= batch.SuccessPolicyRule
succeededIndexes 1? *string
succeededCount 2? *i32
= batch.UncountedTerminatedPods
succeeded 1? []string
failed 2? []string
= core.AWSElasticBlockStoreVolumeSource
volumeID 1 string
fsType 2? string
partition 3? i32
readOnly 4? bool
= core.Affinity
nodeAffinity 1? *core.NodeAffinity
podAffinity 2? *core.PodAffinity
podAntiAffinity 3? *core.PodAntiAffinity
= core.AppArmorProfile
type 1 core.AppArmorProfileType
localhostProfile 2? *string
= core.AttachedVolume
name 1 core.UniqueVolumeName
devicePath 2 string
= core.AzureDiskVolumeSource
diskName 1 string
diskURI 2 string
cachingMode 3? *core.AzureDataDiskCachingMode
fsType 4? *string
readOnly 5? *bool
kind 6? *core.AzureDataDiskKind
= core.AzureFilePersistentVolumeSource
secretName 1 string
shareName 2 string
readOnly 3? bool
secretNamespace 4 *string
= core.AzureFileVolumeSource
secretName 1 string
shareName 2 string
readOnly 3? bool
= core.Binding
metadata 1? meta.ObjectMeta
target 2 core.ObjectReference
= core.CSIPersistentVolumeSource
driver 1 string
volumeHandle 2 string
readOnly 3? bool
fsType 4? string
volumeAttributes 5? {}string
controllerPublishSecretRef 6? *core.SecretReference
nodeStageSecretRef 7? *core.SecretReference
nodePublishSecretRef 8? *core.SecretReference
controllerExpandSecretRef 9? *core.SecretReference
nodeExpandSecretRef 10? *core.SecretReference
= core.CSIVolumeSource
driver 1 string
readOnly 2? *bool
fsType 3? *string
volumeAttributes 4? {}string
nodePublishSecretRef 5? *core.LocalObjectReference
= core.Capabilities
add 1? []core.Capability
drop 2? []core.Capability
= core.CephFSPersistentVolumeSource
monitors 1 []string
path 2? string
user 3? string
secretFile 4? string
secretRef 5? *core.SecretReference
readOnly 6? bool
= core.CephFSVolumeSource
monitors 1 []string
path 2? string
user 3? string
secretFile 4? string
secretRef 5? *core.LocalObjectReference
readOnly 6? bool
= core.CinderPersistentVolumeSource
volumeID 1 string
fsType 2? string
readOnly 3? bool
secretRef 4? *core.SecretReference
= core.CinderVolumeSource
volumeID 1 string
fsType 2? string
readOnly 3? bool
secretRef 4? *core.LocalObjectReference
= core.ClientIPConfig
timeoutSeconds 1? *i32
= core.ClusterTrustBundleProjection
name 1? *string
signerName 2? *string
labelSelector 3? *meta.LabelSelector
optional 5? *bool
path 4 string
= core.ComponentCondition
type 1 core.ComponentConditionType
status 2 core.ConditionStatus
message 3? string
error 4? string
= core.ComponentStatus
metadata 1? meta.ObjectMeta
conditions 2? []core.ComponentCondition
= core.ComponentStatusList
metadata 1? meta.ListMeta
items 2 []core.ComponentStatus
= core.ConfigMapEnvSource
. 1 core.LocalObjectReference
optional 2? *bool
= core.ConfigMapKeySelector
. 1 core.LocalObjectReference
key 2 string
optional 3? *bool
= core.ConfigMapNodeConfigSource
namespace 1 string
name 2 string
uid 3? string
resourceVersion 4? string
kubeletConfigKey 5 string
= core.ConfigMapProjection
. 1 core.LocalObjectReference
items 2? []core.KeyToPath
optional 4? *bool
= core.ConfigMapVolumeSource
. 1 core.LocalObjectReference
items 2? []core.KeyToPath
defaultMode 3? *i32
optional 4? *bool
= core.Container
name 1 string
image 2? string
command 3? []string
args 4? []string
workingDir 5? string
ports 6? []core.ContainerPort
envFrom 19? []core.EnvFromSource
env 7? []core.EnvVar
resources 8? core.ResourceRequirements
resizePolicy 23? []core.ContainerResizePolicy
restartPolicy 24? *core.ContainerRestartPolicy
restartPolicyRules 25? []core.ContainerRestartRule
volumeMounts 9? []core.VolumeMount
volumeDevices 21? []core.VolumeDevice
livenessProbe 10? *core.Probe
readinessProbe 11? *core.Probe
startupProbe 22? *core.Probe
lifecycle 12? *core.Lifecycle
terminationMessagePath 13? string
terminationMessagePolicy 20? core.TerminationMessagePolicy
imagePullPolicy 14? core.PullPolicy
securityContext 15? *core.SecurityContext
stdin 16? bool
stdinOnce 17? bool
tty 18? bool
= core.ContainerExtendedResourceRequest
containerName 1 string
resourceName 2 string
requestName 3 string
= core.ContainerImage
names 1 []string
sizeBytes 2? i64
= core.ContainerPort
name 1? string
hostPort 2? i32
containerPort 3 i32
protocol 4? core.Protocol
hostIP 5? string
= core.ContainerResizePolicy
resourceName 1 core.ResourceName
restartPolicy 2 core.ResourceResizeRestartPolicy
= core.ContainerRestartRule
action 1? core.ContainerRestartRuleAction
exitCodes 2? *core.ContainerRestartRuleOnExitCodes
= core.ContainerRestartRuleOnExitCodes
operator 1? core.ContainerRestartRuleOnExitCodesOperator
values 2? []i32
= core.ContainerState
waiting 1? *core.ContainerStateWaiting
running 2? *core.ContainerStateRunning
terminated 3? *core.ContainerStateTerminated
= core.ContainerStateRunning
startedAt 1? meta.Time
= core.ContainerStateTerminated
exitCode 1 i32
signal 2? i32
reason 3? string
message 4? string
startedAt 5? meta.Time
finishedAt 6? meta.Time
containerID 7? string
= core.ContainerStateWaiting
reason 1? string
message 2? string
= core.ContainerStatus
name 1 string
state 2? core.ContainerState
lastState 3? core.ContainerState
ready 4 bool
restartCount 5 i32
image 6 string
imageID 7 string
containerID 8? string
started 9? *bool
allocatedResources 10? core.ResourceList
resources 11? *core.ResourceRequirements
volumeMounts 12? []core.VolumeMountStatus
user 13? *core.ContainerUser
allocatedResourcesStatus 14? []core.ResourceStatus
stopSignal 15? *core.Signal
= core.ContainerUser
linux 1? *core.LinuxContainerUser
= core.DaemonEndpoint
Port 1 i32
= core.DownwardAPIProjection
items 1? []core.DownwardAPIVolumeFile
= core.DownwardAPIVolumeFile
path 1 string
fieldRef 2? *core.ObjectFieldSelector
resourceFieldRef 3? *core.ResourceFieldSelector
mode 4? *i32
= core.DownwardAPIVolumeSource
items 1? []core.DownwardAPIVolumeFile
defaultMode 2? *i32
= core.EmptyDirVolumeSource
medium 1? core.StorageMedium
sizeLimit 2? *quantity
= core.EndpointAddress
ip 1 string
hostname 3? string
nodeName 4? *string
targetRef 2? *core.ObjectReference
= core.EndpointPort
name 1? string
port 2 i32
protocol 3? core.Protocol
appProtocol 4? *string
= core.EndpointSubset
addresses 1? []core.EndpointAddress
notReadyAddresses 2? []core.EndpointAddress
ports 3? []core.EndpointPort
= core.Endpoints
metadata 1? meta.ObjectMeta
subsets 2? []core.EndpointSubset
= core.EndpointsList
metadata 1? meta.ListMeta
items 2 []core.Endpoints
= core.EnvFromSource
prefix 1? string
configMapRef 2? *core.ConfigMapEnvSource
secretRef 3? *core.SecretEnvSource
= core.EnvVar
name 1 string
value 2? string
valueFrom 3? *core.EnvVarSource
= core.EnvVarSource
fieldRef 1? *core.ObjectFieldSelector
resourceFieldRef 2? *core.ResourceFieldSelector
configMapKeyRef 3? *core.ConfigMapKeySelector
secretKeyRef 4? *core.SecretKeySelector
fileKeyRef 5? *core.FileKeySelector
= core.EphemeralContainer
. 1 core.EphemeralContainerCommon
targetContainerName 2? string
= core.EphemeralContainerCommon
name 1 string
image 2? string
command 3? []string
args 4? []string
workingDir 5? string
ports 6? []core.ContainerPort
envFrom 19? []core.EnvFromSource
env 7? []core.EnvVar
resources 8? core.ResourceRequirements
resizePolicy 23? []core.ContainerResizePolicy
restartPolicy 24? *core.ContainerRestartPolicy
restartPolicyRules 25? []core.ContainerRestartRule
volumeMounts 9? []core.VolumeMount
volumeDevices 21? []core.VolumeDevice
livenessProbe 10? *core.Probe
readinessProbe 11? *core.Probe
startupProbe 22? *core.Probe
lifecycle 12? *core.Lifecycle
terminationMessagePath 13? string
terminationMessagePolicy 20? core.TerminationMessagePolicy
imagePullPolicy 14? core.PullPolicy
securityContext 15? *core.SecurityContext
stdin 16? bool
stdinOnce 17? bool
tty 18? bool
= core.EphemeralVolumeSource
volumeClaimTemplate 1? *core.PersistentVolumeClaimTemplate
= core.ExecAction
command 1? []string
= core.FCVolumeSource
targetWWNs 1? []string
lun 2? *i32
fsType 3? string
readOnly 4? bool
wwids 5? []string
= core.FileKeySelector
volumeName 1 string
path 2 string
key 3 string
optional 4? *bool
= core.FlexPersistentVolumeSource
driver 1 string
fsType 2? string
secretRef 3? *core.SecretReference
readOnly 4? bool
options 5? {}string
= core.FlexVolumeSource
driver 1 string
fsType 2? string
secretRef 3? *core.LocalObjectReference
readOnly 4? bool
options 5? {}string
= core.FlockerVolumeSource
datasetName 1? string
datasetUUID 2? string
= core.GCEPersistentDiskVolumeSource
pdName 1 string
fsType 2? string
partition 3? i32
readOnly 4? bool
= core.GRPCAction
port 1 i32
service 2 *string
= core.GitRepoVolumeSource
repository 1 string
revision 2? string
directory 3? string
= core.GlusterfsPersistentVolumeSource
endpoints 1 string
path 2 string
readOnly 3? bool
endpointsNamespace 4? *string
= core.GlusterfsVolumeSource
endpoints 1 string
path 2 string
readOnly 3? bool
= core.HTTPGetAction
path 1? string
port 2 intOrString
host 3? string
scheme 4? core.URIScheme
httpHeaders 5? []core.HTTPHeader
= core.HTTPHeader
name 1 string
value 2 string
= core.HostAlias
ip 1 string
hostnames 2? []string
= core.HostIP
ip 1 string
= core.HostPathVolumeSource
path 1 string
type 2? *core.HostPathType
= core.ISCSIPersistentVolumeSource
targetPortal 1 string
iqn 2 string
lun 3 i32
iscsiInterface 4? string
fsType 5? string
readOnly 6? bool
portals 7? []string
chapAuthDiscovery 8? bool
chapAuthSession 11? bool
secretRef 10? *core.SecretReference
initiatorName 12? *string
= core.ISCSIVolumeSource
targetPortal 1 string
iqn 2 string
lun 3 i32
iscsiInterface 4? string
fsType 5? string
readOnly 6? bool
portals 7? []string
chapAuthDiscovery 8? bool
chapAuthSession 11? bool
secretRef 10? *core.LocalObjectReference
initiatorName 12? *string
= core.ImageVolumeSource
reference 1? string
pullPolicy 2? core.PullPolicy
= core.ImageVolumeStatus
imageRef 1? string
= core.KeyToPath
key 1 string
path 2 string
mode 3? *i32
= core.Lifecycle
postStart 1? *core.LifecycleHandler
preStop 2? *core.LifecycleHandler
stopSignal 3? *core.Signal
= core.LifecycleHandler
exec 1? *core.ExecAction
httpGet 2? *core.HTTPGetAction
tcpSocket 3? *core.TCPSocketAction
sleep 4? *core.SleepAction
= core.LimitRange
metadata 1? meta.ObjectMeta
spec 2? core.LimitRangeSpec
= core.LimitRangeItem
type 1 core.LimitType
max 2? core.ResourceList
min 3? core.ResourceList
default 4? core.ResourceList
defaultRequest 5? core.ResourceList
maxLimitRequestRatio 6? core.ResourceList
= core.LimitRangeList
metadata 1? meta.ListMeta
items 2 []core.LimitRange
= core.LimitRangeSpec
limits 1 []core.LimitRangeItem
= core.LinuxContainerUser
uid 1 i64
gid 2 i64
supplementalGroups 3? []i64
= core.LoadBalancerIngress
ip 1? string
hostname 2? string
ipMode 3? *core.LoadBalancerIPMode
ports 4? []core.PortStatus
= core.LoadBalancerStatus
ingress 1? []core.LoadBalancerIngress
= core.LocalVolumeSource
path 1 string
fsType 2? *string
= core.ModifyVolumeStatus
targetVolumeAttributesClassName 1? string
status 2 core.PersistentVolumeClaimModifyVolumeStatus
= core.NFSVolumeSource
server 1 string
path 2 string
readOnly 3? bool
= core.Node
metadata 1? meta.ObjectMeta
spec 2? core.NodeSpec
status 3? core.NodeStatus
= core.NodeAddress
type 1 core.NodeAddressType
address 2 string
= core.NodeAffinity
requiredDuringSchedulingIgnoredDuringExecution 1? *core.NodeSelector
preferredDuringSchedulingIgnoredDuringExecution 2? []core.PreferredSchedulingTerm
= core.NodeAllocatableResourceClaimStatus
resourceClaimName 1 string
containers 2? []string
resources 3 {}quantity
= core.NodeCondition
type 1 core.NodeConditionType
status 2 core.ConditionStatus
lastHeartbeatTime 3? meta.Time
lastTransitionTime 4? meta.Time
reason 5? string
message 6? string
= core.NodeConfigSource
configMap 2? *core.ConfigMapNodeConfigSource
= core.NodeConfigStatus
assigned 1? *core.NodeConfigSource
active 2? *core.NodeConfigSource
lastKnownGood 3? *core.NodeConfigSource
error 4? string
= core.NodeDaemonEndpoints
kubeletEndpoint 1? core.DaemonEndpoint
= core.NodeFeatures
supplementalGroupsPolicy 1? *bool
= core.NodeList
metadata 1? meta.ListMeta
items 2 []core.Node
= core.NodeRuntimeHandler
name 1 string
features 2? *core.NodeRuntimeHandlerFeatures
= core.NodeRuntimeHandlerFeatures
recursiveReadOnlyMounts 1? *bool
userNamespaces 2? *bool
= core.NodeSelector
nodeSelectorTerms 1 []core.NodeSelectorTerm
= core.NodeSelectorRequirement
key 1 string
operator 2 core.NodeSelectorOperator
values 3? []string
= core.NodeSelectorTerm
matchExpressions 1? []core.NodeSelectorRequirement
matchFields 2? []core.NodeSelectorRequirement
= core.NodeSpec
podCIDR 1? string
podCIDRs 7? []string
providerID 3? string
unschedulable 4? bool
taints 5? []core.Taint
configSource 6? *core.NodeConfigSource
externalID 2? string
= core.NodeStatus
capacity 1? core.ResourceList
allocatable 2? core.ResourceList
phase 3? core.NodePhase
conditions 4? []core.NodeCondition
addresses 5? []core.NodeAddress
daemonEndpoints 6? core.NodeDaemonEndpoints
nodeInfo 7? core.NodeSystemInfo
images 8? []core.ContainerImage
volumesInUse 9? []core.UniqueVolumeName
volumesAttached 10? []core.AttachedVolume
config 11? *core.NodeConfigStatus
runtimeHandlers 12? []core.NodeRuntimeHandler
features 13? *core.NodeFeatures
declaredFeatures 14? []string
= core.NodeSwapStatus
capacity 1? *i64
= core.NodeSystemInfo
machineID 1 string
systemUUID 2 string
bootID 3 string
kernelVersion 4 string
osImage 5 string
containerRuntimeVersion 6 string
kubeletVersion 7 string
kubeProxyVersion 8 string
operatingSystem 9 string
architecture 10 string
swap 11? *core.NodeSwapStatus
= core.ObjectFieldSelector
apiVersion 1? string
fieldPath 2 string
= core.PersistentVolume
metadata 1? meta.ObjectMeta
spec 2? core.PersistentVolumeSpec
status 3? core.PersistentVolumeStatus
= core.PersistentVolumeClaim
metadata 1? meta.ObjectMeta
spec 2? core.PersistentVolumeClaimSpec
status 3? core.PersistentVolumeClaimStatus
= core.PersistentVolumeClaimCondition
type 1 core.PersistentVolumeClaimConditionType
status 2 core.ConditionStatus
lastProbeTime 3? meta.Time
lastTransitionTime 4? meta.Time
reason 5? string
message 6? string
= core.PersistentVolumeClaimList
metadata 1? meta.ListMeta
items 2 []core.PersistentVolumeClaim
= core.PersistentVolumeClaimSpec
accessModes 1? []core.PersistentVolumeAccessMode
selector 4? *meta.LabelSelector
resources 2? core.VolumeResourceRequirements
volumeName 3? string
storageClassName 5? *string
volumeMode 6? *core.PersistentVolumeMode
dataSource 7? *core.TypedLocalObjectReference
dataSourceRef 8? *core.TypedObjectReference
volumeAttributesClassName 9? *string
= core.PersistentVolumeClaimStatus
phase 1? core.PersistentVolumeClaimPhase
accessModes 2? []core.PersistentVolumeAccessMode
capacity 3? core.ResourceList
conditions 4? []core.PersistentVolumeClaimCondition
allocatedResources 5? core.ResourceList
allocatedResourceStatuses 7? {}core.ClaimResourceStatus
currentVolumeAttributesClassName 8? *string
modifyVolumeStatus 9? *core.ModifyVolumeStatus
= core.PersistentVolumeClaimTemplate
metadata 1? meta.ObjectMeta
spec 2 core.PersistentVolumeClaimSpec
= core.PersistentVolumeClaimVolumeSource
claimName 1 string
readOnly 2? bool
= core.PersistentVolumeList
metadata 1? meta.ListMeta
items 2 []core.PersistentVolume
= core.PersistentVolumeSource
gcePersistentDisk 1? *core.GCEPersistentDiskVolumeSource
awsElasticBlockStore 2? *core.AWSElasticBlockStoreVolumeSource
hostPath 3? *core.HostPathVolumeSource
glusterfs 4? *core.GlusterfsPersistentVolumeSource
nfs 5? *core.NFSVolumeSource
rbd 6? *core.RBDPersistentVolumeSource
iscsi 7? *core.ISCSIPersistentVolumeSource
cinder 8? *core.CinderPersistentVolumeSource
cephfs 9? *core.CephFSPersistentVolumeSource
fc 10? *core.FCVolumeSource
flocker 11? *core.FlockerVolumeSource
flexVolume 12? *core.FlexPersistentVolumeSource
azureFile 13? *core.AzureFilePersistentVolumeSource
vsphereVolume 14? *core.VsphereVirtualDiskVolumeSource
quobyte 15? *core.QuobyteVolumeSource
azureDisk 16? *core.AzureDiskVolumeSource
photonPersistentDisk 17? *core.PhotonPersistentDiskVolumeSource
portworxVolume 18? *core.PortworxVolumeSource
scaleIO 19? *core.ScaleIOPersistentVolumeSource
local 20? *core.LocalVolumeSource
storageos 21? *core.StorageOSPersistentVolumeSource
csi 22? *core.CSIPersistentVolumeSource
= core.PersistentVolumeSpec
capacity 1? core.ResourceList
. 2 core.PersistentVolumeSource
accessModes 3? []core.PersistentVolumeAccessMode
claimRef 4? *core.ObjectReference
persistentVolumeReclaimPolicy 5? core.PersistentVolumeReclaimPolicy
storageClassName 6? string
mountOptions 7? []string
volumeMode 8? *core.PersistentVolumeMode
nodeAffinity 9? *core.VolumeNodeAffinity
volumeAttributesClassName 10? *string
= core.PersistentVolumeStatus
phase 1? core.PersistentVolumePhase
message 2? string
reason 3? string
lastPhaseTransitionTime 4? *meta.Time
= core.PhotonPersistentDiskVolumeSource
pdID 1 string
fsType 2? string
= core.Pod
metadata 1? meta.ObjectMeta
spec 2? core.PodSpec
status 3? core.PodStatus
= core.PodAffinity
requiredDuringSchedulingIgnoredDuringExecution 1? []core.PodAffinityTerm
preferredDuringSchedulingIgnoredDuringExecution 2? []core.WeightedPodAffinityTerm
= core.PodAffinityTerm
labelSelector 1? *meta.LabelSelector
namespaces 2? []string
topologyKey 3 string
namespaceSelector 4? *meta.LabelSelector
matchLabelKeys 5? []string
mismatchLabelKeys 6? []string
= core.PodAntiAffinity
requiredDuringSchedulingIgnoredDuringExecution 1? []core.PodAffinityTerm
preferredDuringSchedulingIgnoredDuringExecution 2? []core.WeightedPodAffinityTerm
= core.PodCertificateProjection
signerName 1? string
keyType 2? string
maxExpirationSeconds 3? *i32
credentialBundlePath 4? string
keyPath 5? string
certificateChainPath 6? string
userAnnotations 7? {}string
= core.PodCondition
type 1 core.PodConditionType
observedGeneration 7? i64
status 2 core.ConditionStatus
lastProbeTime 3? meta.Time
lastTransitionTime 4? meta.Time
reason 5? string
message 6? string
= core.PodDNSConfig
nameservers 1? []string
searches 2? []string
options 3? []core.PodDNSConfigOption
= core.PodDNSConfigOption
name 1? string
value 2? *string
= core.PodExtendedResourceClaimStatus
requestMappings 1 []core.ContainerExtendedResourceRequest
resourceClaimName 2 string
= core.PodIP
ip 1 string
= core.PodList
metadata 1? meta.ListMeta
items 2 []core.Pod
= core.PodOS
name 1 core.OSName
= core.PodReadinessGate
conditionType 1 core.PodConditionType
= core.PodResourceClaim
name 1 string
resourceClaimName 3? *string
resourceClaimTemplateName 4? *string
= core.PodResourceClaimStatus
name 1 string
resourceClaimName 2? *string
= core.PodSchedulingGate
name 1 string
= core.PodSchedulingGroup
podGroupName 1? *string
= core.PodSecurityContext
seLinuxOptions 1? *core.SELinuxOptions
windowsOptions 8? *core.WindowsSecurityContextOptions
runAsUser 2? *i64
runAsGroup 6? *i64
runAsNonRoot 3? *bool
supplementalGroups 4? []i64
supplementalGroupsPolicy 12? *core.SupplementalGroupsPolicy
fsGroup 5? *i64
sysctls 7? []core.Sysctl
fsGroupChangePolicy 9? *core.PodFSGroupChangePolicy
seccompProfile 10? *core.SeccompProfile
appArmorProfile 11? *core.AppArmorProfile
seLinuxChangePolicy 13? *core.PodSELinuxChangePolicy
= core.PodSpec
volumes 1? []core.Volume
initContainers 20? []core.Container
containers 2 []core.Container
ephemeralContainers 34? []core.EphemeralContainer
restartPolicy 3? core.RestartPolicy
terminationGracePeriodSeconds 4? *i64
activeDeadlineSeconds 5? *i64
dnsPolicy 6? core.DNSPolicy
nodeSelector 7? {}string
serviceAccountName 8? string
serviceAccount 9? string
automountServiceAccountToken 21? *bool
nodeName 10? string
hostNetwork 11? bool
hostPID 12? bool
hostIPC 13? bool
shareProcessNamespace 27? *bool
securityContext 14? *core.PodSecurityContext
imagePullSecrets 15? []core.LocalObjectReference
hostname 16? string
subdomain 17? string
affinity 18? *core.Affinity
schedulerName 19? string
tolerations 22? []core.Toleration
hostAliases 23? []core.HostAlias
priorityClassName 24? string
priority 25? *i32
dnsConfig 26? *core.PodDNSConfig
readinessGates 28? []core.PodReadinessGate
runtimeClassName 29? *string
enableServiceLinks 30? *bool
preemptionPolicy 31? *core.PreemptionPolicy
overhead 32? core.ResourceList
topologySpreadConstraints 33? []core.TopologySpreadConstraint
setHostnameAsFQDN 35? *bool
os 36? *core.PodOS
hostUsers 37? *bool
schedulingGates 38? []core.PodSchedulingGate
resourceClaims 39? []core.PodResourceClaim
resources 40? *core.ResourceRequirements
hostnameOverride 41? *string
schedulingGroup 43? *core.PodSchedulingGroup
= core.PodStatus
observedGeneration 17? i64
phase 1? core.PodPhase
conditions 2? []core.PodCondition
message 3? string
reason 4? string
nominatedNodeName 11? string
hostIP 5? string
hostIPs 16? []core.HostIP
podIP 6? string
podIPs 12? []core.PodIP
startTime 7? *meta.Time
initContainerStatuses 10? []core.ContainerStatus
containerStatuses 8? []core.ContainerStatus
qosClass 9? core.PodQOSClass
ephemeralContainerStatuses 13? []core.ContainerStatus
resize 14? core.PodResizeStatus
resourceClaimStatuses 15? []core.PodResourceClaimStatus
extendedResourceClaimStatus 18? *core.PodExtendedResourceClaimStatus
allocatedResources 19? core.ResourceList
resources 20? *core.ResourceRequirements
nodeAllocatableResourceClaimStatuses 21? []core.NodeAllocatableResourceClaimStatus
= core.PodStatusResult
metadata 1? meta.ObjectMeta
status 2? core.PodStatus
= core.PodTemplate
metadata 1? meta.ObjectMeta
template 2? core.PodTemplateSpec
= core.PodTemplateList
metadata 1? meta.ListMeta
items 2 []core.PodTemplate
= core.PodTemplateSpec
metadata 1? meta.ObjectMeta
spec 2? core.PodSpec
= core.PortStatus
port 1 i32
protocol 2 core.Protocol
error 3? *string
= core.PortworxVolumeSource
volumeID 1 string
fsType 2? string
readOnly 3? bool
= core.PreferredSchedulingTerm
weight 1 i32
preference 2 core.NodeSelectorTerm
= core.Probe
. 1 core.ProbeHandler
initialDelaySeconds 2? i32
timeoutSeconds 3? i32
periodSeconds 4? i32
successThreshold 5? i32
failureThreshold 6? i32
terminationGracePeriodSeconds 7? *i64
= core.ProbeHandler
exec 1? *core.ExecAction
httpGet 2? *core.HTTPGetAction
tcpSocket 3? *core.TCPSocketAction
grpc 4? *core.GRPCAction
= core.ProjectedVolumeSource
sources 1 []core.VolumeProjection
defaultMode 2? *i32
= core.QuobyteVolumeSource
registry 1 string
volume 2 string
readOnly 3? bool
user 4? string
group 5? string
tenant 6? string
= core.RBDPersistentVolumeSource
monitors 1 []string
image 2 string
fsType 3? string
pool 4? string
user 5? string
keyring 6? string
secretRef 7? *core.SecretReference
readOnly 8? bool
= core.RBDVolumeSource
monitors 1 []string
image 2 string
fsType 3? string
pool 4? string
user 5? string
keyring 6? string
secretRef 7? *core.LocalObjectReference
readOnly 8? bool
= core.RangeAllocation
metadata 1? meta.ObjectMeta
range 2 string
data 3 bytes
= core.ReplicationController
metadata 1? meta.ObjectMeta
spec 2? core.ReplicationControllerSpec
status 3? core.ReplicationControllerStatus
= core.ReplicationControllerCondition
type 1 core.ReplicationControllerConditionType
status 2 core.ConditionStatus
lastTransitionTime 3? meta.Time
reason 4? string
message 5? string
= core.ReplicationControllerList
metadata 1? meta.ListMeta
items 2 []core.ReplicationController
= core.ReplicationControllerSpec
replicas 1? *i32
minReadySeconds 4? i32
selector 2? {}string
template 3? *core.PodTemplateSpec
= core.ReplicationControllerStatus
replicas 1 i32
fullyLabeledReplicas 2? i32
readyReplicas 4? i32
availableReplicas 5? i32
observedGeneration 3? i64
conditions 6? []core.ReplicationControllerCondition
= core.ResourceClaim
name 1 string
request 2? string
= core.ResourceFieldSelector
containerName 1? string
resource 2 string
divisor 3? quantity
= core.ResourceHealth
resourceID 1 core.ResourceID
health 2? core.ResourceHealthStatus
message 6? *string
= core.ResourceRequirements
limits 1? core.ResourceList
requests 2? core.ResourceList
claims 3? []core.ResourceClaim
= core.ResourceStatus
name 1 core.ResourceName
resources 2? []core.ResourceHealth
= core.SELinuxOptions
user 1? string
role 2? string
type 3? string
level 4? string
= core.ScaleIOPersistentVolumeSource
gateway 1 string
system 2 string
secretRef 3 *core.SecretReference
sslEnabled 4? bool
protectionDomain 5? string
storagePool 6? string
storageMode 7? string
volumeName 8? string
fsType 9? string
readOnly 10? bool
= core.ScaleIOVolumeSource
gateway 1 string
system 2 string
secretRef 3 *core.LocalObjectReference
sslEnabled 4? bool
protectionDomain 5? string
storagePool 6? string
storageMode 7? string
volumeName 8? string
fsType 9? string
readOnly 10? bool
= core.SeccompProfile
type 1 core.SeccompProfileType
localhostProfile 2? *string
= core.SecretEnvSource
. 1 core.LocalObjectReference
optional 2? *bool
= core.SecretKeySelector
. 1 core.LocalObjectReference
key 2 string
optional 3? *bool
= core.SecretProjection
. 1 core.LocalObjectReference
items 2? []core.KeyToPath
optional 4? *bool
= core.SecretReference
name 1? string
namespace 2? string
= core.SecretVolumeSource
secretName 1? string
items 2? []core.KeyToPath
defaultMode 3? *i32
optional 4? *bool
= core.SecurityContext
capabilities 1? *core.Capabilities
privileged 2? *bool
seLinuxOptions 3? *core.SELinuxOptions
windowsOptions 10? *core.WindowsSecurityContextOptions
runAsUser 4? *i64
runAsGroup 8? *i64
runAsNonRoot 5? *bool
readOnlyRootFilesystem 6? *bool
allowPrivilegeEscalation 7? *bool
procMount 9? *core.ProcMountType
seccompProfile 11? *core.SeccompProfile
appArmorProfile 12? *core.AppArmorProfile
= core.Service
metadata 1? meta.ObjectMeta
spec 2? core.ServiceSpec
status 3? core.ServiceStatus
= core.ServiceAccountTokenProjection
audience 1? string
expirationSeconds 2? *i64
path 3 string
= core.ServiceList
metadata 1? meta.ListMeta
items 2 []core.Service
= core.ServicePort
name 1? string
protocol 2? core.Protocol
appProtocol 6? *string
port 3 i32
targetPort 4? intOrString
nodePort 5? i32
= core.ServiceSpec
ports 1? []core.ServicePort
selector 2? {}string
clusterIP 3? string
clusterIPs 18? []string
type 4? core.ServiceType
externalIPs 5? []string
sessionAffinity 7? core.ServiceAffinity
loadBalancerIP 8? string
loadBalancerSourceRanges 9? []string
externalName 10? string
externalTrafficPolicy 11? core.ServiceExternalTrafficPolicy
healthCheckNodePort 12? i32
publishNotReadyAddresses 13? bool
sessionAffinityConfig 14? *core.SessionAffinityConfig
ipFamilies 19? []core.IPFamily
ipFamilyPolicy 17? *core.IPFamilyPolicy
allocateLoadBalancerNodePorts 20? *bool
loadBalancerClass 21? *string
internalTrafficPolicy 22? *core.ServiceInternalTrafficPolicy
trafficDistribution 23? *string
= core.ServiceStatus
loadBalancer 1? core.LoadBalancerStatus
conditions 2? []meta.Condition
= core.SessionAffinityConfig
clientIP 1? *core.ClientIPConfig
= core.SleepAction
seconds 1 i64
= core.StorageOSPersistentVolumeSource
volumeName 1? string
volumeNamespace 2? string
fsType 3? string
readOnly 4? bool
secretRef 5? *core.ObjectReference
= core.StorageOSVolumeSource
volumeName 1? string
volumeNamespace 2? string
fsType 3? string
readOnly 4? bool
secretRef 5? *core.LocalObjectReference
= core.Sysctl
name 1 string
value 2 string
= core.TCPSocketAction
port 1 intOrString
host 2? string
= core.Taint
key 1 string
value 2? string
effect 3 core.TaintEffect
timeAdded 4? *meta.Time
= core.Toleration
key 1? string
operator 2? core.TolerationOperator
value 3? string
effect 4? core.TaintEffect
tolerationSeconds 5? *i64
= core.TopologySelectorLabelRequirement
key 1 string
values 2 []string
= core.TopologySelectorTerm
matchLabelExpressions 1? []core.TopologySelectorLabelRequirement
= core.TopologySpreadConstraint
maxSkew 1 i32
topologyKey 2 string
whenUnsatisfiable 3 core.UnsatisfiableConstraintAction
labelSelector 4? *meta.LabelSelector
minDomains 5? *i32
nodeAffinityPolicy 6? *core.NodeInclusionPolicy
nodeTaintsPolicy 7? *core.NodeInclusionPolicy
matchLabelKeys 8? []string
= core.TypedLocalObjectReference
apiGroup 1 *string
kind 2 string
name 3 string
= core.TypedObjectReference
apiGroup 1 *string
kind 2 string
name 3 string
namespace 4? *string
= core.Volume
name 1 string
. 2 core.VolumeSource
= core.VolumeDevice
name 1 string
devicePath 2 string
= core.VolumeMount
name 1 string
readOnly 2? bool
recursiveReadOnly 7? *core.RecursiveReadOnlyMode
mountPath 3 string
subPath 4? string
mountPropagation 5? *core.MountPropagationMode
subPathExpr 6? string
= core.VolumeMountStatus
name 1 string
mountPath 2 string
readOnly 3? bool
recursiveReadOnly 4? *core.RecursiveReadOnlyMode
volumeStatus 5? *core.VolumeStatus
= core.VolumeNodeAffinity
required 1? *core.NodeSelector
= core.VolumeProjection
secret 1? *core.SecretProjection
downwardAPI 2? *core.DownwardAPIProjection
configMap 3? *core.ConfigMapProjection
serviceAccountToken 4? *core.ServiceAccountTokenProjection
clusterTrustBundle 5? *core.ClusterTrustBundleProjection
podCertificate 6? *core.PodCertificateProjection
= core.VolumeResourceRequirements
limits 1? core.ResourceList
requests 2? core.ResourceList
= core.VolumeSource
hostPath 1? *core.HostPathVolumeSource
emptyDir 2? *core.EmptyDirVolumeSource
gcePersistentDisk 3? *core.GCEPersistentDiskVolumeSource
awsElasticBlockStore 4? *core.AWSElasticBlockStoreVolumeSource
gitRepo 5? *core.GitRepoVolumeSource
secret 6? *core.SecretVolumeSource
nfs 7? *core.NFSVolumeSource
iscsi 8? *core.ISCSIVolumeSource
glusterfs 9? *core.GlusterfsVolumeSource
persistentVolumeClaim 10? *core.PersistentVolumeClaimVolumeSource
rbd 11? *core.RBDVolumeSource
flexVolume 12? *core.FlexVolumeSource
cinder 13? *core.CinderVolumeSource
cephfs 14? *core.CephFSVolumeSource
flocker 15? *core.FlockerVolumeSource
downwardAPI 16? *core.DownwardAPIVolumeSource
fc 17? *core.FCVolumeSource
azureFile 18? *core.AzureFileVolumeSource
configMap 19? *core.ConfigMapVolumeSource
vsphereVolume 20? *core.VsphereVirtualDiskVolumeSource
quobyte 21? *core.QuobyteVolumeSource
azureDisk 22? *core.AzureDiskVolumeSource
photonPersistentDisk 23? *core.PhotonPersistentDiskVolumeSource
projected 26? *core.ProjectedVolumeSource
portworxVolume 24? *core.PortworxVolumeSource
scaleIO 25? *core.ScaleIOVolumeSource
storageos 27? *core.StorageOSVolumeSource
csi 28? *core.CSIVolumeSource
ephemeral 29? *core.EphemeralVolumeSource
image 30? *core.ImageVolumeSource
= core.VolumeStatus
image 1? *core.ImageVolumeStatus
= core.VsphereVirtualDiskVolumeSource
volumePath 1 string
fsType 2? string
storagePolicyName 3? string
storagePolicyID 4? string
= core.WeightedPodAffinityTerm
weight 1 i32
podAffinityTerm 2 core.PodAffinityTerm
= core.WindowsSecurityContextOptions
gmsaCredentialSpecName 1? *string
gmsaCredentialSpec 2? *string
runAsUserName 3? *string
hostProcess 4? *bool
= endpointslices.Endpoint
addresses 1 []string
conditions 2? endpointslices.EndpointConditions
hostname 3? *string
targetRef 4? *core.ObjectReference
deprecatedTopology 5? {}string
nodeName 6? *string
zone 7? *string
hints 8? *endpointslices.EndpointHints
= endpointslices.EndpointConditions
ready 1? *bool
serving 2? *bool
terminating 3? *bool
= endpointslices.EndpointHints
forZones 1? []endpointslices.ForZone
forNodes 2? []endpointslices.ForNode
= endpointslices.EndpointPort
name 1? *string
protocol 2? *core.Protocol
port 3? *i32
appProtocol 4? *string
= endpointslices.EndpointSlice
metadata 1? meta.ObjectMeta
addressType 4 endpointslices.AddressType
endpoints 2 []endpointslices.Endpoint
ports 3 []endpointslices.EndpointPort
= endpointslices.EndpointSliceList
metadata 1? meta.ListMeta
items 2 []endpointslices.EndpointSlice
= endpointslices.ForNode
name 1 string
= endpointslices.ForZone
name 1 string
= networking.HTTPIngressPath
path 1? string
pathType 3 *networking.PathType
backend 2 networking.IngressBackend
= networking.HTTPIngressRuleValue
paths 1 []networking.HTTPIngressPath
= networking.IPAddress
metadata 1? meta.ObjectMeta
spec 2? networking.IPAddressSpec
= networking.IPAddressList
metadata 1? meta.ListMeta
items 2 []networking.IPAddress
= networking.IPAddressSpec
parentRef 1? *networking.ParentReference
= networking.IPBlock
cidr 1 string
except 2? []string
= networking.Ingress
metadata 1? meta.ObjectMeta
spec 2? networking.IngressSpec
status 3? networking.IngressStatus
= networking.IngressBackend
service 4? *networking.IngressServiceBackend
resource 3? *core.TypedLocalObjectReference
= networking.IngressClass
metadata 1? meta.ObjectMeta
spec 2? networking.IngressClassSpec
= networking.IngressClassList
metadata 1? meta.ListMeta
items 2 []networking.IngressClass
= networking.IngressClassParametersReference
apiGroup 1? *string
kind 2 string
name 3 string
scope 4 *string
namespace 5? *string
= networking.IngressClassSpec
controller 1? string
parameters 2? *networking.IngressClassParametersReference
= networking.IngressList
metadata 1? meta.ListMeta
items 2 []networking.Ingress
= networking.IngressLoadBalancerIngress
ip 1? string
hostname 2? string
ports 4? []networking.IngressPortStatus
= networking.IngressLoadBalancerStatus
ingress 1? []networking.IngressLoadBalancerIngress
= networking.IngressPortStatus
port 1 i32
protocol 2 core.Protocol
error 3? *string
= networking.IngressRule
host 1? string
. 2 networking.IngressRuleValue
= networking.IngressRuleValue
http 1? *networking.HTTPIngressRuleValue
= networking.IngressServiceBackend
name 1 string
port 2? networking.ServiceBackendPort
= networking.IngressSpec
ingressClassName 4? *string
defaultBackend 1? *networking.IngressBackend
tls 2? []networking.IngressTLS
rules 3? []networking.IngressRule
= networking.IngressStatus
loadBalancer 1? networking.IngressLoadBalancerStatus
= networking.IngressTLS
hosts 1? []string
secretName 2? string
= networking.NetworkPolicy
metadata 1? meta.ObjectMeta
spec 2? networking.NetworkPolicySpec
= networking.NetworkPolicyEgressRule
ports 1? []networking.NetworkPolicyPort
to 2? []networking.NetworkPolicyPeer
= networking.NetworkPolicyIngressRule
ports 1? []networking.NetworkPolicyPort
from 2? []networking.NetworkPolicyPeer
= networking.NetworkPolicyList
metadata 1? meta.ListMeta
items 2 []networking.NetworkPolicy
= networking.NetworkPolicyPeer
podSelector 1? *meta.LabelSelector
namespaceSelector 2? *meta.LabelSelector
ipBlock 3? *networking.IPBlock
= networking.NetworkPolicyPort
protocol 1? *core.Protocol
port 2? *intOrString
endPort 3? *i32
= networking.NetworkPolicySpec
podSelector 1 meta.LabelSelector
ingress 2? []networking.NetworkPolicyIngressRule
egress 3? []networking.NetworkPolicyEgressRule
policyTypes 4? []networking.PolicyType
= networking.ParentReference
group 1? string
resource 2? string
namespace 3? string
name 4? string
= networking.ServiceBackendPort
name 1? string
number 2? i32
= networking.ServiceCIDR
metadata 1? meta.ObjectMeta
spec 2? networking.ServiceCIDRSpec
status 3? networking.ServiceCIDRStatus
= networking.ServiceCIDRList
metadata 1? meta.ListMeta
items 2 []networking.ServiceCIDR
= networking.ServiceCIDRSpec
cidrs 1? []string
= networking.ServiceCIDRStatus
conditions 1? []meta.Condition
= node.Overhead
podFixed 1? core.ResourceList
= node.RuntimeClass
metadata 1? meta.ObjectMeta
handler 2 string
overhead 3? *node.Overhead
scheduling 4? *node.Scheduling
= node.RuntimeClassList
metadata 1? meta.ListMeta
items 2 []node.RuntimeClass
= node.Scheduling
nodeSelector 1? {}string
tolerations 2? []core.Toleration
= policy.Eviction
metadata 1? meta.ObjectMeta
deleteOptions 2? *meta.DeleteOptions
= policy.PodDisruptionBudget
metadata 1? meta.ObjectMeta
spec 2? policy.PodDisruptionBudgetSpec
status 3? policy.PodDisruptionBudgetStatus
= policy.PodDisruptionBudgetList
metadata 1? meta.ListMeta
items 2 []policy.PodDisruptionBudget
= policy.PodDisruptionBudgetSpec
minAvailable 1? *intOrString
selector 2? *meta.LabelSelector
maxUnavailable 3? *intOrString
unhealthyPodEvictionPolicy 4? *policy.UnhealthyPodEvictionPolicyType
= policy.PodDisruptionBudgetStatus
observedGeneration 1? i64
disruptedPods 2? {}meta.Time
disruptionsAllowed 3 i32
currentHealthy 4 i32
desiredHealthy 5 i32
expectedPods 6 i32
conditions 7? []meta.Condition
= resource.AllocatedDeviceStatus
driver 1 string
pool 2 string
device 3 string
shareID 7? *string
conditions 4 []meta.Condition
data 5? *raw
networkData 6? *resource.NetworkDeviceData
= resource.AllocationResult
devices 1? resource.DeviceAllocationResult
nodeSelector 3? *core.NodeSelector
allocationTimestamp 5? *meta.Time
= resource.CELDeviceSelector
expression 1 string
= resource.CapacityRequestPolicy
default 1 *quantity
validValues 3? []quantity
validRange 4? *resource.CapacityRequestPolicyRange
= resource.CapacityRequestPolicyRange
min 1? *quantity
max 2? *quantity
step 3? *quantity
= resource.CapacityRequirements
requests 1? {}quantity
= resource.Counter
value 1 quantity
= resource.CounterSet
name 1 string
counters 2? {}resource.Counter
= resource.Device
name 1 string
attributes 2? {}resource.DeviceAttribute
capacity 3? {}resource.DeviceCapacity
consumesCounters 4? []resource.DeviceCounterConsumption
nodeName 5? *string
nodeSelector 6? *core.NodeSelector
allNodes 7? *bool
taints 8? []resource.DeviceTaint
bindsToNode 9? *bool
bindingConditions 10? []string
bindingFailureConditions 11? []string
allowMultipleAllocations 12? *bool
nodeAllocatableResourceMappings 13? {}resource.NodeAllocatableResourceMapping
= resource.DeviceAllocationConfiguration
source 1 resource.AllocationConfigSource
requests 2? []string
. 3 resource.DeviceConfiguration
= resource.DeviceAllocationResult
results 1? []resource.DeviceRequestAllocationResult
config 2? []resource.DeviceAllocationConfiguration
= resource.DeviceAttribute
int 2? *i64
bool 3? *bool
string 4? *string
version 5? *string
ints 6? []i64
bools 7? []bool
strings 8? []string
versions 9? []string
= resource.DeviceCapacity
value 1 quantity
requestPolicy 2? *resource.CapacityRequestPolicy
= resource.DeviceClaim
requests 1 []resource.DeviceRequest
constraints 2? []resource.DeviceConstraint
config 3? []resource.DeviceClaimConfiguration
= resource.DeviceClaimConfiguration
requests 1? []string
. 2 resource.DeviceConfiguration
= resource.DeviceClass
metadata 1? meta.ObjectMeta
spec 2 resource.DeviceClassSpec
= resource.DeviceClassConfiguration
. 1 resource.DeviceConfiguration
= resource.DeviceClassList
metadata 1? meta.ListMeta
items 2 []resource.DeviceClass
= resource.DeviceClassSpec
selectors 1? []resource.DeviceSelector
config 2? []resource.DeviceClassConfiguration
extendedResourceName 4? *string
= resource.DeviceConfiguration
opaque 1? *resource.OpaqueDeviceConfiguration
= resource.DeviceConstraint
requests 1? []string
matchAttribute 2? *resource.FullyQualifiedName
distinctAttribute 3? *resource.FullyQualifiedName
= resource.DeviceCounterConsumption
counterSet 1 string
counters 2? {}resource.Counter
= resource.DeviceRequest
name 1 string
exactly 2? *resource.ExactDeviceRequest
firstAvailable 3? []resource.DeviceSubRequest
= resource.DeviceRequestAllocationResult
request 1 string
driver 2 string
pool 3 string
device 4 string
adminAccess 5? *bool
tolerations 6? []resource.DeviceToleration
bindingConditions 7? []string
bindingFailureConditions 8? []string
shareID 9? *string
consumedCapacity 10? {}quantity
= resource.DeviceSelector
cel 1? *resource.CELDeviceSelector
= resource.DeviceSubRequest
name 1 string
deviceClassName 2 string
selectors 3? []resource.DeviceSelector
allocationMode 4? resource.DeviceAllocationMode
count 5? i64
tolerations 6? []resource.DeviceToleration
capacity 7? *resource.CapacityRequirements
= resource.DeviceTaint
key 1 string
value 2? string
effect 3 resource.DeviceTaintEffect
timeAdded 4? *meta.Time
= resource.DeviceToleration
key 1? string
operator 2? resource.DeviceTolerationOperator
value 3? string
effect 4? resource.DeviceTaintEffect
tolerationSeconds 5? *i64
= resource.ExactDeviceRequest
deviceClassName 1 string
selectors 2? []resource.DeviceSelector
allocationMode 3? resource.DeviceAllocationMode
count 4? i64
adminAccess 5? *bool
tolerations 6? []resource.DeviceToleration
capacity 7? *resource.CapacityRequirements
= resource.NetworkDeviceData
interfaceName 1? string
ips 2? []string
hardwareAddress 3? string
= resource.NodeAllocatableResourceMapping
capacityKey 1? *resource.QualifiedName
allocationMultiplier 2? *quantity
= resource.OpaqueDeviceConfiguration
driver 1 string
parameters 2 raw
= resource.ResourceClaim
metadata 1? meta.ObjectMeta
spec 2 resource.ResourceClaimSpec
status 3? resource.ResourceClaimStatus
= resource.ResourceClaimConsumerReference
apiGroup 1? string
resource 3 string
name 4 string
uid 5 string
= resource.ResourceClaimList
metadata 1? meta.ListMeta
items 2 []resource.ResourceClaim
= resource.ResourceClaimSpec
devices 1 resource.DeviceClaim
= resource.ResourceClaimStatus
allocation 1? *resource.AllocationResult
reservedFor 2? []resource.ResourceClaimConsumerReference
devices 4? []resource.AllocatedDeviceStatus
= resource.ResourceClaimTemplate
metadata 1? meta.ObjectMeta
spec 2 resource.ResourceClaimTemplateSpec
= resource.ResourceClaimTemplateList
metadata 1? meta.ListMeta
items 2 []resource.ResourceClaimTemplate
= resource.ResourceClaimTemplateSpec
metadata 1? meta.ObjectMeta
spec 2 resource.ResourceClaimSpec
= resource.ResourcePool
name 1 string
generation 2 i64
resourceSliceCount 3 i64
= resource.ResourceSlice
metadata 1? meta.ObjectMeta
spec 2 resource.ResourceSliceSpec
= resource.ResourceSliceList
metadata 1? meta.ListMeta
items 2 []resource.ResourceSlice
= resource.ResourceSliceSpec
driver 1 string
pool 2 resource.ResourcePool
nodeName 3? *string
nodeSelector 4? *core.NodeSelector
allNodes 5? *bool
devices 6? []resource.Device
perDeviceNodeSelection 7? *bool
sharedCounters 8? []resource.CounterSet
= scheduling.PriorityClass
metadata 1? meta.ObjectMeta
value 2 i32
globalDefault 3? bool
description 4? string
preemptionPolicy 5? *core.PreemptionPolicy
= scheduling.PriorityClassList
metadata 1? meta.ListMeta
items 2 []scheduling.PriorityClass
= storage.CSIDriver
metadata 1? meta.ObjectMeta
spec 2 storage.CSIDriverSpec
= storage.CSIDriverList
metadata 1? meta.ListMeta
items 2 []storage.CSIDriver
= storage.CSIDriverSpec
attachRequired 1? *bool
podInfoOnMount 2? *bool
volumeLifecycleModes 3? []storage.VolumeLifecycleMode
storageCapacity 4? *bool
fsGroupPolicy 5? *storage.FSGroupPolicy
tokenRequests 6? []storage.TokenRequest
requiresRepublish 7? *bool
seLinuxMount 8? *bool
nodeAllocatableUpdatePeriodSeconds 9? *i64
serviceAccountTokenInSecrets 10? *bool
preventPodSchedulingIfMissing 11? *bool
= storage.CSINode
metadata 1? meta.ObjectMeta
spec 2 storage.CSINodeSpec
= storage.CSINodeDriver
name 1 string
nodeID 2 string
topologyKeys 3 []string
allocatable 4? *storage.VolumeNodeResources
= storage.CSINodeList
metadata 1? meta.ListMeta
items 2 []storage.CSINode
= storage.CSINodeSpec
drivers 1 []storage.CSINodeDriver
= storage.CSIStorageCapacity
metadata 1? meta.ObjectMeta
nodeTopology 2? *meta.LabelSelector
storageClassName 3 string
capacity 4? *quantity
maximumVolumeSize 5? *quantity
= storage.CSIStorageCapacityList
metadata 1? meta.ListMeta
items 2 []storage.CSIStorageCapacity
= storage.StorageClass
metadata 1? meta.ObjectMeta
provisioner 2 string
parameters 3? {}string
reclaimPolicy 4? *core.PersistentVolumeReclaimPolicy
mountOptions 5? []string
allowVolumeExpansion 6? *bool
volumeBindingMode 7? *storage.VolumeBindingMode
allowedTopologies 8? []core.TopologySelectorTerm
= storage.StorageClassList
metadata 1? meta.ListMeta
items 2 []storage.StorageClass
= storage.TokenRequest
audience 1 string
expirationSeconds 2? *i64
= storage.VolumeAttachment
metadata 1? meta.ObjectMeta
spec 2 storage.VolumeAttachmentSpec
status 3? storage.VolumeAttachmentStatus
= storage.VolumeAttachmentList
metadata 1? meta.ListMeta
items 2 []storage.VolumeAttachment
= storage.VolumeAttachmentSource
persistentVolumeName 1? *string
inlineVolumeSpec 2? *core.PersistentVolumeSpec
= storage.VolumeAttachmentSpec
attacher 1 string
source 2 storage.VolumeAttachmentSource
nodeName 3 string
= storage.VolumeAttachmentStatus
attached 1 bool
attachmentMetadata 2? {}string
attachError 3? *storage.VolumeError
detachError 4? *storage.VolumeError
= storage.VolumeAttributesClass
metadata 1? meta.ObjectMeta
driverName 2 string
parameters 3? {}string
= storage.VolumeAttributesClassList
metadata 1? meta.ListMeta
items 2 []storage.VolumeAttributesClass
= storage.VolumeError
time 1? meta.Time
message 2? string
errorCode 3? *i32
= storage.VolumeNodeResources
count 1? *i32
: apps.DaemonSetConditionType string
: apps.DaemonSetUpdateStrategyType string
: apps.DeploymentConditionType string
: apps.DeploymentStrategyType string
: apps.PersistentVolumeClaimRetentionPolicyType string
: apps.PodManagementPolicyType string
: apps.ReplicaSetConditionType string
: apps.StatefulSetConditionType string
: apps.StatefulSetUpdateStrategyType string
: autoscaling2.HPAScalingPolicyType string
: autoscaling2.HorizontalPodAutoscalerConditionType string
: autoscaling2.MetricSourceType string
: autoscaling2.MetricTargetType string
: autoscaling2.ScalingPolicySelect string
: batch.CompletionMode string
: batch.ConcurrencyPolicy string
: batch.JobConditionType string
: batch.PodFailurePolicyAction string
: batch.PodFailurePolicyOnExitCodesOperator string
: batch.PodReplacementPolicy string
: core.AppArmorProfileType string
: core.AzureDataDiskCachingMode string
: core.AzureDataDiskKind string
: core.Capability string
: core.ClaimResourceStatus string
: core.ComponentConditionType string
: core.ContainerRestartPolicy string
: core.ContainerRestartRuleAction string
: core.ContainerRestartRuleOnExitCodesOperator string
: core.DNSPolicy string
: core.HostPathType string
: core.IPFamily string
: core.IPFamilyPolicy string
: core.LimitType string
: core.LoadBalancerIPMode string
: core.MountPropagationMode string
: core.NodeAddressType string
: core.NodeConditionType string
: core.NodeInclusionPolicy string
: core.NodePhase string
: core.NodeSelectorOperator string
: core.OSName string
: core.PersistentVolumeAccessMode string
: core.PersistentVolumeClaimConditionType string
: core.PersistentVolumeClaimModifyVolumeStatus string
: core.PersistentVolumeClaimPhase string
: core.PersistentVolumeMode string
: core.PersistentVolumePhase string
: core.PersistentVolumeReclaimPolicy string
: core.PodConditionType string
: core.PodFSGroupChangePolicy string
: core.PodPhase string
: core.PodQOSClass string
: core.PodResizeStatus string
: core.PodSELinuxChangePolicy string
: core.PreemptionPolicy string
: core.ProcMountType string
: core.Protocol string
: core.PullPolicy string
: core.RecursiveReadOnlyMode string
: core.ReplicationControllerConditionType string
: core.ResourceHealthStatus string
: core.ResourceID string
: core.ResourceName string
: core.ResourceResizeRestartPolicy string
: core.RestartPolicy string
: core.SeccompProfileType string
: core.ServiceAffinity string
: core.ServiceExternalTrafficPolicy string
: core.ServiceInternalTrafficPolicy string
: core.ServiceType string
: core.Signal string
: core.StorageMedium string
: core.SupplementalGroupsPolicy string
: core.TaintEffect string
: core.TerminationMessagePolicy string
: core.TolerationOperator string
: core.URIScheme string
: core.UniqueVolumeName string
: core.UnsatisfiableConstraintAction string
: endpointslices.AddressType string
: networking.PathType string
: networking.PolicyType string
: policy.UnhealthyPodEvictionPolicyType string
: resource.AllocationConfigSource string
: resource.DeviceAllocationMode string
: resource.DeviceTaintEffect string
: resource.DeviceTolerationOperator string
: resource.FullyQualifiedName string
: resource.QualifiedName string
: storage.FSGroupPolicy string
: storage.VolumeBindingMode string
: storage.VolumeLifecycleMode string
`;
