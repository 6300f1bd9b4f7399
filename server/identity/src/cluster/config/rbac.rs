//! `rbac`: what the groups of a cluster's namespaces may do there.

use domain::{cluster::Cluster, role::Role};

use super::{Namespace, Roles, quote};

const API: &str = r#""rbac.authorization.k8s.io""#;
const LABELS: &str = r#"  labels:
    app.kubernetes.io/managed-by: "shorepass""#;

pub(super) fn print(cluster: &Cluster, namespaces: &[Namespace], roles: Roles) -> String {
    let name = quote::comment(&cluster.name);
    let own = match roles {
        Roles::BuiltIn => "",
        Roles::Own => " --roles own",
    };
    let mut text = format!(
        r"# What people may do in the namespaces of the cluster {name}. The namespaces have to exist:
#   shorepass cluster config {name} --kind rbac{own} | kubectl apply -f -
# Names of groups are as the API server sees them, with the cluster's prefix.
#
# No policy for discovery: whoever is authenticated may ask what the API server can do and who they are
# (system:discovery, system:basic-user), since Kubernetes 1.14.
# A binding keeps its role for ever. To change from --roles built-in to own, or back, delete first:
#   kubectl delete rolebindings,roles -l app.kubernetes.io/managed-by=shorepass -A
"
    );
    text += match roles {
        Roles::BuiltIn => {
            "# Bound to ClusterRoles that Kubernetes keeps up to date, by its controller manager; an API server that runs\n\
             # alone needs --roles own: view sees no Secrets; edit can read them and\n\
             # act as any ServiceAccount of the namespace; admin can also share the namespace's roles.\n"
        }
        Roles::Own => {
            "# Roles of our own: viewers see everything, Secrets too; editors change workloads, and neither roles nor\n\
             # quotas; admins do everything in the namespace. There is no verb `view`, and addresses that are no\n\
             # resources (nonResourceURLs) belong to no namespace, so neither stands here.\n"
        }
    };
    if namespaces.is_empty() {
        text += "# There are no namespaces yet: shorepass cluster namespace add ";
        text += &name;
        text += " NAMESPACE\n";
    }
    for namespace in namespaces {
        for (role, group) in &namespace.groups {
            let object = Object {
                name: quote::yaml(&format!("shorepass-{}", role.as_str())),
                namespace: quote::yaml(&namespace.name),
                subject: quote::yaml(&format!("{}{group}", cluster.groups_prefix)),
            };
            if roles == Roles::Own {
                text += &object.role(*role);
            }
            text += &object.binding(*role, roles);
        }
    }
    text
}

struct Object {
    name: String,
    namespace: String,
    subject: String,
}

impl Object {
    fn metadata(&self) -> String {
        let Self {
            name, namespace, ..
        } = self;
        format!("metadata:\n  name: {name}\n  namespace: {namespace}\n{LABELS}")
    }

    fn role(&self, role: Role) -> String {
        let (metadata, rules) = (self.metadata(), rules(role));
        format!(
            "---\napiVersion: \"rbac.authorization.k8s.io/v1\"\nkind: \"Role\"\n{metadata}\nrules:\n{rules}"
        )
    }

    fn binding(&self, role: Role, roles: Roles) -> String {
        let (kind, to) = match roles {
            Roles::BuiltIn => ("ClusterRole", quote::yaml(role.built_in())),
            Roles::Own => ("Role", self.name.clone()),
        };
        let (metadata, subject) = (self.metadata(), &self.subject);
        format!(
            r#"---
apiVersion: "rbac.authorization.k8s.io/v1"
kind: "RoleBinding"
{metadata}
roleRef:
  apiGroup: {API}
  kind: "{kind}"
  name: {to}
subjects:
- apiGroup: {API}
  kind: "Group"
  name: {subject}
"#
        )
    }
}

const EVERYTHING: &str = r#"- apiGroups: ["*"]
  resources: ["*"]
  verbs: ["*"]
"#;
const SEE: &str = r#"- apiGroups: ["*"]
  resources: ["*"]
  verbs: ["get", "list", "watch"]
"#;
const CHANGE: &str = r#"- apiGroups: [""]
  resources: ["configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "replicationcontrollers/scale", "secrets", "serviceaccounts", "services"]
  verbs: ["create", "update", "patch", "delete", "deletecollection"]
- apiGroups: [""]
  resources: ["pods/attach", "pods/exec", "pods/portforward", "pods/eviction", "pods/ephemeralcontainers"]
  verbs: ["create", "update", "patch"]
- apiGroups: ["apps"]
  resources: ["daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"]
  verbs: ["create", "update", "patch", "delete", "deletecollection"]
- apiGroups: ["autoscaling"]
  resources: ["horizontalpodautoscalers"]
  verbs: ["create", "update", "patch", "delete", "deletecollection"]
- apiGroups: ["batch"]
  resources: ["cronjobs", "jobs"]
  verbs: ["create", "update", "patch", "delete", "deletecollection"]
- apiGroups: ["networking.k8s.io"]
  resources: ["ingresses"]
  verbs: ["create", "update", "patch", "delete", "deletecollection"]
- apiGroups: ["policy"]
  resources: ["poddisruptionbudgets"]
  verbs: ["create", "update", "patch", "delete", "deletecollection"]
"#;

fn rules(role: Role) -> String {
    match role {
        Role::Admin => EVERYTHING.to_owned(),
        Role::Editor => format!("{SEE}{CHANGE}"),
        Role::Viewer => SEE.to_owned(),
    }
}
