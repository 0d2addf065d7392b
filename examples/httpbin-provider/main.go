// httpbin-provider offers HttpBins to every workspace that binds its APIExport.
// It runs against kcp and against Meshplane alike.
package main

import (
	"flag"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	mcbuilder "sigs.k8s.io/multicluster-runtime/pkg/builder"
	mcmanager "sigs.k8s.io/multicluster-runtime/pkg/manager"

	"github.com/kcp-dev/multicluster-provider/apiexport"
	apisv1alpha1 "github.com/kcp-dev/sdk/apis/apis/v1alpha1"
	apisv1alpha2 "github.com/kcp-dev/sdk/apis/apis/v1alpha2"

	"meshplane.dev/examples/httpbin-provider/api/v1alpha1"
)

func main() {
	// --kubeconfig (the provider's workspace) is registered by controller-runtime.
	endpointSlice := flag.String("endpointslice", "orchestrate.platform-mesh.io", "name of the APIExportEndpointSlice in the provider's workspace")
	domain := flag.String("domain", "httpbin.example.com", "domain that the instances get their host names in")
	zapOptions := zap.Options{}
	zapOptions.BindFlags(flag.CommandLine)
	flag.Parse()
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&zapOptions)))

	if err := run(*endpointSlice, *domain); err != nil {
		ctrl.Log.Error(err, "httpbin-provider ended")
		os.Exit(1)
	}
}

func run(endpointSlice, domain string) error {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(apisv1alpha1.AddToScheme(scheme))
	utilruntime.Must(apisv1alpha2.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))

	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	// One set of wildcard watches for each URL in the slice; a consumer is engaged when its APIBinding is Ready.
	provider, err := apiexport.New(config, endpointSlice, apiexport.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	mgr, err := mcmanager.New(config, provider, manager.Options{
		Scheme:  scheme,
		Metrics: metricsserver.Options{BindAddress: "0"},
	})
	if err != nil {
		return err
	}
	err = mcbuilder.ControllerManagedBy(mgr).
		Named("httpbin").
		For(&v1alpha1.HttpBin{}).
		Owns(&corev1.Secret{}).
		Complete(&httpBinReconciler{manager: mgr, domain: domain})
	if err != nil {
		return err
	}
	return mgr.Start(ctrl.SetupSignalHandler())
}
