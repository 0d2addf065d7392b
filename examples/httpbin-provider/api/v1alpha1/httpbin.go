// Package v1alpha1 is the Go side of ../../config/apiresourceschema.yaml.
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var GroupVersion = schema.GroupVersion{Group: "orchestrate.platform-mesh.io", Version: "v1alpha1"}

// ConditionReady says whether the instance answers at status.url.
const ConditionReady = "Ready"

type HttpBinSpec struct {
	Region string `json:"region,omitempty"`
}

type HttpBinStatus struct {
	Ready      bool               `json:"ready,omitempty"`
	URL        string             `json:"url,omitempty"`
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// HttpBin is one instance that a consumer ordered.
type HttpBin struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   HttpBinSpec   `json:"spec,omitempty"`
	Status HttpBinStatus `json:"status,omitempty"`
}

type HttpBinList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []HttpBin `json:"items"`
}

func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &HttpBin{}, &HttpBinList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}

func (in *HttpBin) DeepCopyObject() runtime.Object { return in.DeepCopy() }

func (in *HttpBin) DeepCopy() *HttpBin {
	out := *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	if in.Status.Conditions != nil {
		out.Status.Conditions = make([]metav1.Condition, len(in.Status.Conditions))
		for i := range in.Status.Conditions {
			in.Status.Conditions[i].DeepCopyInto(&out.Status.Conditions[i])
		}
	}
	return &out
}

func (in *HttpBinList) DeepCopyObject() runtime.Object {
	out := *in
	in.ListMeta.DeepCopyInto(&out.ListMeta)
	if in.Items != nil {
		out.Items = make([]HttpBin, len(in.Items))
		for i := range in.Items {
			out.Items[i] = *in.Items[i].DeepCopy()
		}
	}
	return &out
}
