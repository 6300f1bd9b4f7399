// Command kubectl is Kubernetes' own client, as its module says.
package main

import (
	"os"

	_ "k8s.io/client-go/plugin/pkg/client/auth" // the oidc entry of a kubeconfig
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	// Without this, -v does not reach what happens while the command is put together.
	_, _ = logs.GlogSetter(cmd.GetLogVerbosity(os.Args))
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
