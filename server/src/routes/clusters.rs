//! `/admin/clusters`: administrators connect clusters, change their records, and check them. To
//! everybody else these pages are not there.

mod record;
mod webhook;

use app::{ClusterPage, ClusterRow, ClustersPage, Found, Here, NamespaceRow, Page, Snippet};
use axum::{
    extract::{Path, State},
    response::Response,
};
use domain::cluster::Cluster;
use http::StatusCode;
use identity::{
    cluster::{
        self, Refusal,
        check::{self, CheckError, Half},
        config::{ApiVersion, Issuer, Kind, Roles, print},
    },
    operator::Operator,
};

use crate::{
    edge::{form::Form, log::Chain},
    render::Renderer,
    state::AppState,
    viewer::see_other,
};

use self::record::typed;
pub(super) use self::webhook::show as show_webhook;
use super::overseer::Administrator;

pub(super) async fn show_all(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
) -> Response {
    let new = Cluster::new("", "", "");
    all(&state, &renderer, &administrator, StatusCode::OK, new, None).await
}

async fn all(
    state: &AppState,
    renderer: &Renderer,
    administrator: &Administrator,
    status: StatusCode,
    new: Cluster,
    problem: Option<String>,
) -> Response {
    let person = Some(administrator.viewer.person.clone());
    let rows = async {
        let mut conn = state.portal.pool.acquire().await?;
        let mut rows = Vec::new();
        for cluster in cluster::store::list(&mut conn).await? {
            let namespaces = cluster::namespaces(&mut conn, &cluster.name).await?.len();
            rows.push(ClusterRow {
                name: cluster.name,
                api_url: cluster.api_url,
                namespaces,
            });
        }
        Ok::<_, sqlx::Error>(rows)
    };
    match rows.await {
        Ok(clusters) => {
            let page = Page::Clusters(ClustersPage {
                clusters,
                new,
                problem,
            });
            renderer.page(status, person, Here::Clusters, page).await
        }
        Err(error) => renderer.failure(person, &error).await,
    }
}

pub(super) async fn add(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Form(fields): Form,
) -> Response {
    let person = Some(administrator.viewer.person.clone());
    let new = match typed(&fields, None) {
        Ok(new) => new,
        Err(error) => return super::token::bad(&renderer, person, &error).await,
    };
    let now = state.portal.clock.now();
    let added = async {
        let mut tx = state.portal.pool.begin().await?;
        let cluster = cluster::add(&mut tx, &administrator.operator, new.clone(), now).await?;
        tx.commit().await?;
        Ok::<_, Refusal>(cluster)
    };
    match added.await {
        Ok(cluster) => see_other(&format!("/admin/clusters/{}", cluster.name)),
        Err(Refusal::Database(error)) => renderer.failure(person, &error).await,
        Err(refusal) => {
            let (status, problem) = (StatusCode::BAD_REQUEST, sentence(&refusal));
            all(
                &state,
                &renderer,
                &administrator,
                status,
                new,
                Some(problem),
            )
            .await
        }
    }
}

/// Where a form's answer was, its page is.
pub(super) async fn go_to_one(_: Administrator, Path(name): Path<String>) -> Response {
    see_other(&format!("/admin/clusters/{name}"))
}

pub(super) async fn show_one(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Response {
    let shown = Shown::default();
    one(
        &state,
        &renderer,
        &administrator,
        &name,
        StatusCode::OK,
        shown,
    )
    .await
}

/// What a page shows beside what is stored.
#[derive(Default)]
struct Shown {
    /// What was typed and not taken.
    record: Option<Cluster>,
    problem: Option<String>,
    namespace_problem: Option<String>,
    found: Vec<Found>,
    webhook: Option<String>,
    webhook_problem: Option<String>,
}

async fn one(
    state: &AppState,
    renderer: &Renderer,
    administrator: &Administrator,
    name: &str,
    status: StatusCode,
    shown: Shown,
) -> Response {
    let person = Some(administrator.viewer.person.clone());
    let stored = async {
        let mut conn = state.portal.pool.acquire().await?;
        let record = cluster::get(&mut conn, name).await?;
        let namespaces = cluster::namespaces(&mut conn, name).await?;
        Ok::<_, Refusal>((record, namespaces))
    };
    let (record, namespaces) = match stored.await {
        Ok(stored) => stored,
        Err(Refusal::Database(error)) => return renderer.failure(person, &error).await,
        Err(_) => {
            let what = "There is no such cluster. All of them are under Clusters.";
            return renderer
                .problem(person, StatusCode::NOT_FOUND, "No such cluster", what)
                .await;
        }
    };
    let page = ClusterPage {
        snippets: snippets(state, &record, &namespaces),
        namespaces: namespaces.into_iter().map(row).collect(),
        record: shown.record.unwrap_or_else(|| record.clone()),
        stored: record,
        found: shown.found,
        problem: shown.problem,
        namespace_problem: shown.namespace_problem,
        webhook: shown.webhook,
        webhook_problem: shown.webhook_problem,
    };
    let page = Page::Cluster(Box::new(page));
    renderer.page(status, person, Here::Clusters, page).await
}

fn row(namespace: cluster::Namespace) -> NamespaceRow {
    let groups = namespace.groups.into_iter();
    NamespaceRow {
        name: namespace.name,
        groups: groups
            .map(|(role, group)| (role, group.to_string()))
            .collect(),
    }
}

fn snippets(state: &AppState, record: &Cluster, namespaces: &[cluster::Namespace]) -> Vec<Snippet> {
    let authority = state.authority();
    let issuer = Issuer {
        url: &state.portal.issuer.url,
        ca: authority.as_ref(),
        es256: state.es256,
    };
    [
        (
            Kind::AuthenticationConfig(ApiVersion::V1),
            "authentication-config",
            "Structured authentication",
            "The file of --authentication-config (Kubernetes 1.34 and newer)",
        ),
        (Kind::Flags, "flags", "Flags", "Flags of kube-apiserver"),
        (
            Kind::AuthorizationConfig(ApiVersion::V1),
            "authorization-config",
            "Authorization webhook",
            "The file of --authorization-config (Kubernetes 1.32 and newer); the script below writes it, too",
        ),
        (
            Kind::Kubeadm,
            "kubeadm",
            "kubeadm",
            "A part of kubeadm’s ClusterConfiguration",
        ),
        (Kind::Kind, "kind", "kind", "A configuration of kind"),
        (Kind::K3s, "k3s", "k3s", "A part of k3s’s config.yaml"),
        (
            Kind::Rbac(Roles::BuiltIn),
            "rbac",
            "Role bindings",
            "For kubectl apply -f -",
        ),
    ]
    .into_iter()
    .filter_map(|(which, kind, title, place)| {
        let text = print(which, record, namespaces, &issuer, None)?;
        Some(Snippet {
            kind,
            title,
            place,
            text,
        })
    })
    .collect()
}

pub(super) async fn set(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Path(name): Path<String>,
    Form(fields): Form,
) -> Response {
    let person = Some(administrator.viewer.person.clone());
    let record = match typed(&fields, Some(&name)) {
        Ok(record) => record,
        Err(error) => return super::token::bad(&renderer, person, &error).await,
    };
    let changed = async {
        let mut tx = state.portal.pool.begin().await?;
        let changes = record.clone().into();
        let cluster = cluster::set(&mut tx, &administrator.operator, &name, changes).await?;
        tx.commit().await?;
        Ok::<_, Refusal>(cluster)
    };
    match changed.await {
        Ok(cluster) => see_other(&format!("/admin/clusters/{}", cluster.name)),
        Err(Refusal::Database(error)) => renderer.failure(person, &error).await,
        Err(refusal) => {
            let shown = Shown {
                record: Some(record),
                problem: Some(sentence(&refusal)),
                ..Shown::default()
            };
            let status = StatusCode::BAD_REQUEST;
            one(&state, &renderer, &administrator, &name, status, shown).await
        }
    }
}

/// A refusal with its causes, as a sentence.
pub(super) fn sentence(refusal: &(dyn std::error::Error + 'static)) -> String {
    let text = Chain(refusal).to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}

pub(super) async fn add_namespace(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Path(name): Path<String>,
    Form(fields): Form,
) -> Response {
    let person = Some(administrator.viewer.person.clone());
    let namespace = match fields.one("namespace") {
        Ok(namespace) => namespace.unwrap_or_default().trim(),
        Err(error) => return super::token::bad(&renderer, person, &error).await,
    };
    let added = async {
        let mut tx = state.portal.pool.begin().await?;
        cluster::add_namespace(&mut tx, &administrator.operator, &name, namespace).await?;
        tx.commit().await?;
        Ok::<_, Refusal>(())
    };
    match added.await {
        Ok(()) => see_other(&format!("/admin/clusters/{name}")),
        Err(Refusal::Database(error)) => renderer.failure(person, &error).await,
        Err(refusal) => {
            let shown = Shown {
                namespace_problem: Some(sentence(&refusal)),
                ..Shown::default()
            };
            let status = StatusCode::BAD_REQUEST;
            one(&state, &renderer, &administrator, &name, status, shown).await
        }
    }
}

pub(super) async fn check(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Path(name): Path<String>,
    _: Form,
) -> Response {
    let authority = state.authority();
    let operator = &administrator.operator;
    match check::all(&state.portal, operator, &name, authority.as_ref()).await {
        Ok(findings) => {
            let shown = Shown {
                found: findings.into_iter().map(Found::from).collect(),
                ..Shown::default()
            };
            one(
                &state,
                &renderer,
                &administrator,
                &name,
                StatusCode::OK,
                shown,
            )
            .await
        }
        // The page says that there is none.
        Err(CheckError::Cluster(Refusal::Unknown(_))) => {
            let shown = Shown::default();
            one(
                &state,
                &renderer,
                &administrator,
                &name,
                StatusCode::OK,
                shown,
            )
            .await
        }
        Err(error) => {
            let person = Some(administrator.viewer.person.clone());
            renderer.failure(person, &error).await
        }
    }
}

/// One half, for the island that waits for it.
pub(super) async fn check_half(
    state: &AppState,
    operator: &Operator,
    cluster: &str,
    half: Half,
) -> Result<Vec<Found>, CheckError> {
    let authority = state.authority();
    let findings = check::half(&state.portal, operator, cluster, authority.as_ref(), half).await?;
    Ok(findings.into_iter().map(Found::from).collect())
}
