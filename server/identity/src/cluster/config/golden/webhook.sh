# The webhooks of Shorepass for the cluster demo. As root, on every control-plane node:
#   shorepass cluster config demo --kind webhook | ssh NODE sudo sh
# It holds a secret, by which the portal knows this cluster.
set -eu
umask 077
mkdir -p /etc/kubernetes/shorepass
cat > /etc/kubernetes/shorepass/authorization.yaml <<'SHOREPASS'
# Who may do what in the cluster demo: first Shorepass says who was shut out, then what was there decides.
# Kubernetes 1.32 and newer; for 1.30 and 1.31: --api-version v1beta1.
# Save it as /etc/kubernetes/shorepass/authorization.yaml and start kube-apiserver with
#   --authorization-config=/etc/kubernetes/shorepass/authorization.yaml
# in place of --authorization-mode and of all flags that begin with --authorization-webhook-; it refuses
# to start with both. A change of this file is in force some seconds later, without a restart.
#
# It fails open: trouble of the portal is no trouble of the cluster. While the portal does not answer,
# nobody is denied here, and whoever was shut out goes on for as long as without this file: 310 s at
# the most, instead of 11 s.
apiVersion: "apiserver.config.k8s.io/v1"
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
    - expression: "request.user.startsWith('shorepass:')"
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
    certificate-authority-data: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJqakNDQVRXZ0F3SUJBZ0lVWld0bER1S3BnS2pSUkp0ME9MV1Z3MStSZ0Jvd0NnWUlLb1pJemowRUF3SXcKSFRFYk1Ca0dBMVVFQXd3U1UyaHZjbVZ3WVhOeklIUnlhV0ZzSUVOQk1CNFhEVEkyTVRFeU5ERTJNREV5TWxvWApEVE0yTVRFeU1URTJNREV5TWxvd0hURWJNQmtHQTFVRUF3d1NVMmh2Y21Wd1lYTnpJSFJ5YVdGc0lFTkJNRmt3CkV3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFWDI0cmozQzJLZTZJTVQzclNQUXNFSE1BcWVmS21mVWsKbWlxdFlxY2YzYjQ2T1hpZyt6YUhleGxQOC9ReDdKMzlHNDNSOTdrdDBoUzBuQkw5MC9zNEZhTlRNRkV3SFFZRApWUjBPQkJZRUZEK05hc0hybXJrRi9mVWtNS0NDNFdXN0Q3bHlNQjhHQTFVZEl3UVlNQmFBRkQrTmFzSHJtcmtGCi9mVWtNS0NDNFdXN0Q3bHlNQThHQTFVZEV3RUIvd1FGTUFNQkFmOHdDZ1lJS29aSXpqMEVBd0lEUndBd1JBSWcKZWFVMm16WXpZeFpYTlhycWIxNmRnWmVwTDRya213YmF3MzFWL2hwbk1ma0NJR1p4eC9PK3ROSnJKbStpaTkzbgpOb2dXSXVVK2lkVk9PMkRhWXplNkZhUUgKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
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
