# The webhooks of Shorepass for the cluster demo. As root, on every control-plane node:
#   shorepass cluster config demo --kind webhook | ssh NODE sudo sh
# It holds a secret, by which the portal knows this cluster.
set -eu
umask 077
mkdir -p /etc/kubernetes/shorepass
cat > /etc/kubernetes/shorepass/authorization.yaml <<'SHOREPASS'
# Who may do what in the cluster demo: first Shorepass says who was shut out, then what was there decides.
# Kubernetes 1.30 and newer.
# Save it as /etc/kubernetes/shorepass/authorization.yaml and start kube-apiserver with
#   --authorization-config=/etc/kubernetes/shorepass/authorization.yaml
# in place of --authorization-mode and of all flags that begin with --authorization-webhook-; it refuses
# to start with both. A change of this file is in force some seconds later, without a restart.
#
# It fails open: trouble of the portal is no trouble of the cluster. While the portal does not answer,
# nobody is denied here, and whoever was shut out goes on for as long as without this file: 610 s at
# the most, instead of 11 s.
apiVersion: "apiserver.config.k8s.io/v1beta1"
kind: "AuthorizationConfiguration"
authorizers:
- type: "Webhook"
  name: "shorepass"
  webhook:
    connectionInfo:
      type: "KubeConfigFile"
      kubeConfigFile: "/etc/kubernetes/shorepass/authorize.kubeconfig"
    timeout: "1s"
    failurePolicy: "NoOpinion"
    # For how long it may believe an answer. Having nothing against a request counts as unauthorized, so
    # this bounds how long somebody who was shut out goes on: that, and the timeout.
    unauthorizedTTL: "10s"
    # The portal never allows anything by itself.
    authorizedTTL: "10s"
    subjectAccessReviewVersion: "v1"
    matchConditionSubjectAccessReviewVersion: "v1"
    # Our people only: about nodes, controllers and service accounts the portal is never asked.
    matchConditions:
    - expression: "!request.user.startsWith('system:')"
- type: "Node"
  name: "node"
- type: "RBAC"
  name: "rbac"
SHOREPASS
cat > /etc/kubernetes/shorepass/authorize.kubeconfig <<'SHOREPASS'
# A secret: by this token the portal knows the cluster.
apiVersion: "v1"
kind: "Config"
clusters:
- name: "shorepass"
  cluster:
    server: "https://portal.example.com/k8s/authorize"
users:
- name: "api-server"
  user:
    token: "k8w_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
contexts:
- name: "webhook"
  context:
    cluster: "shorepass"
    user: "api-server"
current-context: "webhook"
SHOREPASS
cat <<'SHOREPASS'
Start kube-apiserver with
  --authorization-config=/etc/kubernetes/shorepass/authorization.yaml
without --authorization-mode, and tell the portal:
  shorepass cluster set demo --webhook yes
SHOREPASS
