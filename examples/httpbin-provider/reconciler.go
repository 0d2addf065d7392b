package main

import (
	"context"
	"crypto/rand"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	mcmanager "sigs.k8s.io/multicluster-runtime/pkg/manager"
	mcreconcile "sigs.k8s.io/multicluster-runtime/pkg/reconcile"

	"meshplane.dev/examples/httpbin-provider/api/v1alpha1"
)

// httpBinReconciler gives each HttpBin of each consumer an address and, in a Secret beside it, the credentials for it.
// A real provider would start something here; what matters is the way between the workspaces.
type httpBinReconciler struct {
	manager mcmanager.Manager
	domain  string
}

func (r *httpBinReconciler) Reconcile(ctx context.Context, req mcreconcile.Request) (ctrl.Result, error) {
	consumer, err := r.manager.GetCluster(ctx, req.ClusterName)
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("consumer %s: %w", req.ClusterName, err)
	}
	kube := consumer.GetClient()

	httpBin := &v1alpha1.HttpBin{}
	if err := kube.Get(ctx, req.NamespacedName, httpBin); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !httpBin.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil // the Secret goes with its owner
	}

	// The cluster's name keeps two consumers' instances of one name apart.
	url := fmt.Sprintf("https://%s-%s-%s.%s", httpBin.Name, httpBin.Namespace, req.ClusterName, r.domain)
	created, err := ensureCredentials(ctx, kube, httpBin, url)
	if err != nil {
		return ctrl.Result{}, err
	}
	if created {
		log.FromContext(ctx).Info("credentials written", "cluster", req.ClusterName, "httpbin", req.NamespacedName)
	}

	before := httpBin.DeepCopy()
	httpBin.Status.Ready = true
	httpBin.Status.URL = url
	meta.SetStatusCondition(&httpBin.Status.Conditions, metav1.Condition{
		Type:               v1alpha1.ConditionReady,
		Status:             metav1.ConditionTrue,
		Reason:             "Available",
		Message:            "The instance answers at " + url,
		ObservedGeneration: httpBin.Generation,
	})
	if equality.Semantic.DeepEqual(before.Status, httpBin.Status) {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{}, kube.Status().Patch(ctx, httpBin, client.MergeFrom(before))
}

// ensureCredentials creates the Secret <name>-credentials, or repairs its address. An existing password is kept.
func ensureCredentials(ctx context.Context, kube client.Client, httpBin *v1alpha1.HttpBin, url string) (created bool, err error) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: httpBin.Name + "-credentials", Namespace: httpBin.Namespace}}
	result, err := controllerutil.CreateOrUpdate(ctx, kube, secret, func() error {
		if secret.Data == nil {
			secret.Data = map[string][]byte{}
		}
		secret.Data["url"] = []byte(url)
		secret.Data["username"] = []byte(httpBin.Name)
		if len(secret.Data["password"]) == 0 {
			secret.Data["password"] = []byte(rand.Text())
		}
		return controllerutil.SetControllerReference(httpBin, secret, kube.Scheme())
	})
	if apierrors.IsAlreadyExists(err) {
		return false, nil // made a moment ago, and not yet in the cache: its event brings us back
	}
	return result == controllerutil.OperationResultCreated, err
}
