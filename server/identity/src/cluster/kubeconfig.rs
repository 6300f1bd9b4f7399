//! The kubeconfig of a person's computer (client-go, `tools/clientcmd/api/v1/types.go`).
//!
//! For each cluster there are a cluster and a user `shorepass-<cluster>`, and a context for the
//! cluster and for each namespace in which the person holds a role. How kubectl comes by a token
//! is a [`Credential`]; the retrieval key itself never stands here, but in a file beside it.
//!
//! YAML is written by hand, so that people can read the script in it; every value is a JSON string,
//! which is a YAML scalar that nothing can break out of (YAML 1.2.2 §7.3.1).

mod credential;

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_STANDARD};

pub use self::credential::{AuthProvider, Credential, KeyFile};

/// What a person reaches in a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub cluster: String,
    /// The id of the client that the cluster has.
    pub audience: String,
    /// Whether it has one: a cluster that takes opaque tokens does not.
    pub takes_id_tokens: bool,
    pub api_url: String,
    /// PEM; none where the API server's certificate is publicly trusted.
    pub ca_certificate: Option<String>,
    /// Those in which they hold a role now.
    pub namespaces: Vec<String>,
}

/// A context, by the names in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Context<'a> {
    name: String,
    cluster: &'a str,
    namespace: Option<&'a str>,
}

/// The whole file.
pub fn write(entries: &[(Reached, Credential)]) -> String {
    let reached: Vec<_> = entries.iter().map(|(reached, _)| reached).collect();
    let contexts = contexts(&reached);
    let mut text = String::from("apiVersion: v1\nkind: Config\n");
    list(&mut text, "clusters", entries, |text, (reached, _)| {
        entry(text, &of(&reached.cluster), "cluster");
        line(text, 4, "server", &reached.api_url);
        if let Some(certificate) = &reached.ca_certificate {
            let data = BASE64_STANDARD.encode(certificate);
            line(text, 4, "certificate-authority-data", &data);
        }
    });
    list(
        &mut text,
        "users",
        entries,
        |text, (reached, credential)| {
            entry(text, &of(&reached.cluster), "user");
            credential.write(text);
        },
    );
    list(&mut text, "contexts", &contexts, |text, context| {
        entry(text, &context.name, "context");
        line(text, 4, "cluster", &of(context.cluster));
        line(text, 4, "user", &of(context.cluster));
        if let Some(namespace) = context.namespace {
            line(text, 4, "namespace", namespace);
        }
    });
    line(&mut text, 0, "current-context", first(&contexts));
    text
}

/// The context to begin with: that of the first namespace, or of the first cluster where the person
/// holds no role in any. None where they reach nothing.
pub fn first_context(reached: &[Reached]) -> Option<String> {
    let reached: Vec<_> = reached.iter().collect();
    let contexts = contexts(&reached);
    (!contexts.is_empty()).then(|| first(&contexts).to_owned())
}

fn first<'a>(contexts: &'a [Context<'_>]) -> &'a str {
    let namespaced = contexts.iter().find(|context| context.namespace.is_some());
    namespaced
        .or(contexts.first())
        .map_or("", |context| context.name.as_str())
}

fn contexts<'a>(reached: &[&'a Reached]) -> Vec<Context<'a>> {
    let mut contexts = Vec::new();
    for reached in reached {
        let cluster = reached.cluster.as_str();
        contexts.push(Context {
            name: of(cluster),
            cluster,
            namespace: None,
        });
        for namespace in &reached.namespaces {
            contexts.push(Context {
                name: format!("{}-{namespace}", of(cluster)),
                cluster,
                namespace: Some(namespace),
            });
        }
    }
    tell_apart(&mut contexts);
    contexts
}

/// A namespace `b-c` of the cluster `a` and a namespace `c` of the cluster `a-b` would share a name,
/// and one of them would be found where the other was meant: both get a slash instead, which no
/// cluster and no namespace has in its name.
fn tell_apart(contexts: &mut [Context<'_>]) {
    let names: Vec<_> = contexts.iter().map(|each| each.name.clone()).collect();
    for context in contexts {
        let shared = names.iter().filter(|name| **name == context.name).count() > 1;
        if let (true, Some(namespace)) = (shared, context.namespace) {
            context.name = format!("{}/{namespace}", of(context.cluster));
        }
    }
}

/// What a cluster, its user and its context are called.
fn of(cluster: &str) -> String {
    format!("shorepass-{cluster}")
}

fn list<T>(text: &mut String, name: &str, items: &[T], write: impl Fn(&mut String, &T)) {
    text.push_str(name);
    text.push_str(if items.is_empty() { ": []\n" } else { ":\n" });
    for item in items {
        write(text, item);
    }
}

fn entry(text: &mut String, name: &str, kind: &str) {
    let _ = writeln!(text, "- name: {}\n  {kind}:", scalar(name));
}

fn line(text: &mut String, indent: usize, key: &str, value: &str) {
    let _ = writeln!(text, "{:indent$}{key}: {}", "", scalar(value));
}

/// A JSON string. What JSON leaves as it is and YAML may take for a line break, or forbids, is
/// escaped as YAML does (§5.7).
fn scalar(text: &str) -> String {
    let mut scalar = String::new();
    for c in serde_json::Value::from(text).to_string().chars() {
        if domain::name::is_invisible(c) {
            let _ = write!(scalar, "\\U{:08x}", u32::from(c));
        } else {
            scalar.push(c);
        }
    }
    scalar
}

#[cfg(test)]
mod tests;
