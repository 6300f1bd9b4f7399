// Command kube-apiserver is Kubernetes' own API server, as its module says.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // its calls to others, in /metrics
	_ "k8s.io/component-base/metrics/prometheus/version"  // its version, in /metrics
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
