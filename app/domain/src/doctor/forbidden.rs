//! The API server's words for what somebody may not do.

use super::{message::Explained, shown};

/// `pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace
/// "payments"` (k8s.io/apiserver `pkg/endpoints/handlers/responsewriters/errors.go`).
pub(super) struct Forbidden<'a> {
    user: &'a str,
    verb: &'a str,
    resource: &'a str,
    namespace: Option<&'a str>,
}

impl<'a> Forbidden<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (_, rest) = text
            .split_once("is forbidden: User \"")
            .or_else(|| text.split_once("forbidden: User \""))?;
        let (user, rest) = rest.split_once("\" cannot ")?;
        let (verb, rest) = rest.split_once(' ')?;
        let quoted = |after: &str| {
            let (_, rest) = rest.split_once(after)?;
            rest.split_once('"').map(|(name, _)| name)
        };
        Some(Self {
            user,
            verb,
            resource: quoted("resource \"").or_else(|| quoted("path \""))?,
            namespace: quoted("in the namespace \""),
        })
    }

    pub(super) fn explained(&self, prefixes: &[&str]) -> Explained {
        let what = format!("{} {}", shown(self.verb), shown(self.resource));
        let place = self.namespace.map_or_else(
            || "in the whole cluster".to_owned(),
            |namespace| format!("in the namespace {}", shown(namespace)),
        );
        let title = format!(
            "You are known as {}, and may not {what} {place}",
            shown(self.user)
        );
        if self.user == "system:anonymous" {
            return Explained {
                title: "No credentials were sent".to_owned(),
                meaning: "The API server took you for nobody (system:anonymous): the context of your kubeconfig has no user, or its user holds nothing.".to_owned(),
                steps: vec!["Use the context that “Set up this computer” makes: kubectl config get-contexts.".to_owned()],
            };
        }
        let ours = !self.user.starts_with("system:")
            && (prefixes.is_empty() || prefixes.iter().any(|prefix| self.user.starts_with(prefix)));
        if !ours {
            return Explained {
                title,
                meaning: "That is no name of this portal's: another credential of the kubeconfig was used, such as a client certificate or a service account's token.".to_owned(),
                steps: vec!["Look which user the context has: kubectl config view --minify. kubectl auth whoami says whom the cluster takes you for.".to_owned()],
            };
        }
        let mut steps = vec![match self.namespace {
            Some(namespace) => format!("Ask for a role in {}; whoever owns the namespace grants it. The next token carries it, within minutes.", shown(namespace)),
            None => "Name a namespace (-n NAME) in which you hold a role: what is asked of all of them needs more than a role in one.".to_owned(),
        }];
        steps.push("See what you may do: kubectl auth can-i --list -n NAME.".to_owned());
        steps.push("If you hold a role that should permit it, operators have to bind its group: the page of your token shows your groups as the cluster sees them, with their prefix.".to_owned());
        Explained {
            title,
            meaning: "Logging in works: the API server knows you, and no role of yours permits this (403).".to_owned(),
            steps,
        }
    }
}
