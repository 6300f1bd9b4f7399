//! What API servers ask: `/k8s/…`, each by the credential of its cluster.

use identity::directory::shut_out;
use identity::{
    cluster::{
        self,
        credential::{self, Which},
    },
    operator::Operator,
};
use reqwest::Response;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::support::{Portal, claims};

pub(crate) const AUTHORIZE: &str = "/k8s/authorize";
const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";

/// The secret that a cluster's API server shows.
pub(crate) async fn secret(portal: &Portal, cluster: &str, which: Which) -> String {
    let (operator, sealer) = (
        Operator::at_the_command_line(),
        &portal.state.portal.issuer.sealer,
    );
    let mut tx = portal.pool.begin().await.unwrap();
    let secret = credential::reveal(&mut tx, sealer, &operator, cluster, which, portal.now()).await;
    tx.commit().await.unwrap();
    secret.unwrap().expose_secret().to_owned()
}

pub(crate) async fn add_cluster(portal: &Portal, name: &str) {
    let mut conn = portal.pool.acquire().await.unwrap();
    let operator = Operator::at_the_command_line();
    let record = domain::cluster::Cluster::new(name, "https://other.example", name);
    cluster::add(&mut conn, &operator, record, portal.now())
        .await
        .unwrap();
}

/// As kube-apiserver writes it.
pub(crate) fn review(version: &str, user: &str, credential_id: Option<&str>) -> Value {
    let mut review = json!({
        "kind": "SubjectAccessReview",
        "apiVersion": format!("authorization.k8s.io/{version}"),
        "metadata": {"creationTimestamp": null},
        "spec": {
            "resourceAttributes": {
                "namespace": "payments", "verb": "list", "version": "v1", "resource": "pods",
                "labelSelector": {"requirements": [{"key": "a", "operator": "Exists"}]},
            },
            "user": user,
            "group": ["shorepass:users", "system:authenticated"],
            "uid": "7",
        },
        "status": {"allowed": false},
    });
    if let Some(id) = credential_id {
        review["spec"]["extra"] = json!({CREDENTIAL_ID: [id], "shorepass/session": ["x"]});
    }
    review
}

pub(crate) async fn ask(portal: &Portal, secret: &str, review: &Value) -> Response {
    let request = portal.client.post(format!("{}{AUTHORIZE}", portal.url));
    request
        .bearer_auth(secret)
        .json(review)
        .send()
        .await
        .unwrap()
}

/// What the portal says about a request: the reason where it denies it.
async fn denied(portal: &Portal, secret: &str, user: &str, id: Option<&str>) -> Option<String> {
    let answer = ask(portal, secret, &review("v1", user, id)).await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["apiVersion"], "authorization.k8s.io/v1");
    assert_eq!(answer["kind"], "SubjectAccessReview");
    assert_eq!(
        answer["status"]["allowed"], false,
        "nothing is ever allowed"
    );
    let denied = answer["status"]["denied"] == true;
    let reason = answer["status"]["reason"].as_str().map(str::to_owned);
    assert_eq!(denied, reason.is_some(), "{answer}");
    reason
}

fn id(token: &str) -> String {
    format!("JTI={}", claims(token)["jti"].as_str().unwrap())
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_login_that_was_ended_in_any_way_is_denied_and_no_other(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    for (path, fields) in [("/logout", &[][..]), ("/sessions/end-all", &[])] {
        let cookie = portal.log_in("bob").await;
        let key = portal.make_key(&cookie, "demo").await;
        let ended = id(&portal.token(&key).await);
        let alice = id(&portal.token(&portal.key).await);
        let ask = async |user: &str, id: &str| denied(&portal, &secret, user, Some(id)).await;
        assert_eq!(ask("shorepass:bob", &ended).await, None);
        let request = portal.post(path, fields).header("cookie", &cookie);
        assert_eq!(request.send().await.unwrap().status(), 303);
        let reason = ask("shorepass:bob", &ended).await.unwrap();
        assert!(reason.contains(&portal.url), "{reason}");
        // The token counts, whatever its bearer is called.
        assert!(ask("other:bob", &ended).await.is_some());
        assert_eq!(ask("shorepass:alice", &alice).await, None);
        assert_eq!(denied(&portal, &secret, "shorepass:bob", None).await, None);
    }
    // The end of a login in its own time is the token's, too.
    let cookie = portal.log_in("bob").await;
    let key = portal.make_key(&cookie, "demo").await;
    let token = id(&portal.token(&key).await);
    portal.advance(Duration::hours(11));
    assert_eq!(
        denied(&portal, &secret, "shorepass:bob", Some(&token)).await,
        None
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_user_who_is_disabled_is_denied_by_name_and_by_token_until_they_are_enabled(
    pool: PgPool,
) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    let token = id(&portal.token(&portal.key).await);
    let mut conn = portal.pool.acquire().await.unwrap();
    shut_out::disable(
        &mut conn,
        &Operator::at_the_command_line(),
        "alice",
        portal.now(),
    )
    .await
    .unwrap();
    for (user, id) in [
        ("shorepass:alice", None),
        ("shorepass:alice", Some("JTI=unknown")),
        ("other:alice", Some(token.as_str())),
    ] {
        let reason = denied(&portal, &secret, user, id).await.unwrap();
        assert!(reason.contains("disabled"), "{reason}");
        assert!(reason.contains(&portal.url), "{reason}");
    }
    for user in [
        "alice",
        "shorepass:shorepass:alice",
        "Shorepass:alice",
        "shorepass:ALICE",
    ] {
        assert_eq!(denied(&portal, &secret, user, None).await, None, "{user}");
    }
    shut_out::enable(&mut conn, &Operator::at_the_command_line(), "alice")
        .await
        .unwrap();
    assert_eq!(
        denied(&portal, &secret, "shorepass:alice", None).await,
        None
    );
    let reason = denied(&portal, &secret, "shorepass:alice", Some(&token)).await;
    assert!(reason.is_some(), "her login stays ended");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn about_everybody_else_there_is_no_opinion(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    let unknown = format!("JTI={}", uuid::Uuid::new_v4());
    for user in [
        "shorepass:alice",
        "shorepass:nobody",
        "shorepass:",
        "",
        "admin",
        "system:admin",
        "system:serviceaccount:default:default",
        "system:node:alice",
        "shorepass:a\0b",
        "shorepass:\u{202E}",
        "shorepass:' OR 1=1 --",
        "%",
        "_",
    ] {
        for id in [
            None,
            Some(unknown.as_str()),
            Some("JTI="),
            Some("X509SHA256=00"),
            Some(""),
        ] {
            assert_eq!(
                denied(&portal, &secret, user, id).await,
                None,
                "{user} {id:?}"
            );
        }
    }
}

/// Service accounts' tokens have ids as well, and nobody may borrow one of ours to stop them.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn kubernetes_own_names_are_never_denied(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal
        .sql("UPDATE clusters SET username_prefix = '', groups_prefix = ''")
        .await;
    let secret = secret(&portal, "demo", Which::Present).await;
    let token = id(&portal.token(&portal.key).await);
    portal.sql("UPDATE users SET disabled_at = now()").await;
    assert!(
        denied(&portal, &secret, "alice", Some(&token))
            .await
            .is_some()
    );
    assert!(denied(&portal, &secret, "carol", None).await.is_some());
    for user in [
        "system:admin",
        "system:serviceaccount:default:default",
        " System:x",
    ] {
        assert_eq!(
            denied(&portal, &secret, user, Some(&token)).await,
            None,
            "{user}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_answer_has_the_version_that_was_asked_in(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    for version in ["v1", "v1beta1"] {
        let answer = ask(&portal, &secret, &review(version, "shorepass:alice", None)).await;
        assert_eq!(answer.headers()["content-type"], "application/json");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(
            answer,
            json!({
                "apiVersion": format!("authorization.k8s.io/{version}"),
                "kind": "SubjectAccessReview",
                "status": {"allowed": false},
            })
        );
    }
    for version in ["v2", "v1alpha1", "", "v1 "] {
        let answer = ask(&portal, &secret, &review(version, "shorepass:alice", None)).await;
        assert_eq!(answer.status(), 400, "{version}");
    }
}

/// Without an answer the API server lets the request pass, and its sender chooses how long it is.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_request_that_is_too_long_to_be_looked_at_is_denied(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    for version in ["v1", "v1beta1"] {
        let mut long = review(version, "shorepass:alice", None);
        let requirement = json!({"key": "a", "operator": "Exists"});
        long["spec"]["resourceAttributes"]["labelSelector"]["requirements"] =
            vec![requirement; 30_000].into();
        // As Go writes it: kind and version first.
        let text = format!(
            r#"{{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/{version}","metadata":{{}},"spec":{}}}"#,
            long["spec"]
        );
        let send = |secret: &str| {
            let request = portal.client.post(format!("{}{AUTHORIZE}", portal.url));
            let request = request.bearer_auth(secret).body(text.clone());
            request.header("content-type", "application/json").send()
        };
        let answer: Value = send(&secret).await.unwrap().json().await.unwrap();
        assert_eq!(answer["status"]["denied"], true, "{answer}");
        assert_eq!(
            answer["apiVersion"],
            format!("authorization.k8s.io/{version}")
        );
        assert_eq!(send("k8w_nonsense").await.unwrap().status(), 401);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_cluster_hears_only_of_its_own_tokens(pool: PgPool) {
    let portal = Portal::start(pool).await;
    add_cluster(&portal, "other").await;
    let (demo, other) = (
        secret(&portal, "demo", Which::Present).await,
        secret(&portal, "other", Which::Present).await,
    );
    assert_ne!(demo, other);
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "demo").await;
    let token = id(&portal.token(&key).await);
    let logout = portal.post("/logout", &[]).header("cookie", &cookie);
    logout.send().await.unwrap();
    assert!(
        denied(&portal, &demo, "shorepass:alice", Some(&token))
            .await
            .is_some()
    );
    assert_eq!(
        denied(&portal, &other, "shorepass:alice", Some(&token)).await,
        None
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn without_the_clusters_credential_there_is_no_answer(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let before = secret(&portal, "demo", Which::Present).await;
    assert_eq!(before, secret(&portal, "demo", Which::Present).await);
    let review = review("v1", "shorepass:alice", None);
    assert_eq!(ask(&portal, &before, &review).await.status(), 200);
    let after = secret(&portal, "demo", Which::New).await;
    assert_ne!(before, after);
    assert_eq!(ask(&portal, &after, &review).await.status(), 200);
    let token = portal.token(&portal.key).await;
    let random = before.replace(|c: char| c.is_ascii_digit(), "A");
    for wrong in [before.as_str(), "", "k8w_", &random, &token, &portal.key] {
        let answer = ask(&portal, wrong, &review).await;
        assert_eq!(answer.status(), 401, "{wrong}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        assert_eq!(answer.text().await.unwrap(), "unauthorized");
    }
    let send = |headers: &[(&'static str, String)]| {
        let mut request = portal.client.post(format!("{}{AUTHORIZE}", portal.url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.json(&review).send()
    };
    let bearer = format!("Bearer {after}");
    for headers in [
        &[][..],
        &[
            ("authorization", bearer.clone()),
            ("authorization", bearer.clone()),
        ],
        &[("authorization", format!("Basic {after}"))],
        &[("authorization", after.clone())],
        &[("cookie", format!("shorepass={after}"))],
    ] {
        assert_eq!(send(headers).await.unwrap().status(), 401, "{headers:?}");
    }
    let lower = [("authorization", format!("bearer {after}"))];
    assert_eq!(send(&lower).await.unwrap().status(), 200);
    // No origin, and any name that the API server knows the portal by.
    let elsewhere = [
        ("authorization", bearer.clone()),
        ("host", "shorepass.auth.svc:8443".to_owned()),
        ("origin", "https://evil.example".to_owned()),
    ];
    assert_eq!(send(&elsewhere).await.unwrap().status(), 200);
}

/// A cluster must not wait for the portal: `Retry-After` would make it.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn trouble_of_the_database_is_said_at_once_and_asks_for_no_second_try(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    portal
        .sql("ALTER TABLE issued_tokens RENAME TO elsewhere")
        .await;
    let answer = ask(&portal, &secret, &review("v1", "shorepass:alice", None)).await;
    assert_eq!(answer.status(), 503);
    assert!(!answer.headers().contains_key("retry-after"));
    portal
        .sql("ALTER TABLE elsewhere RENAME TO issued_tokens")
        .await;
    let mut blocker = portal.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE issued_tokens")
        .execute(&mut *blocker)
        .await
        .unwrap();
    let start = std::time::Instant::now();
    let answer = ask(&portal, &secret, &review("v1", "shorepass:alice", None)).await;
    assert_eq!(answer.status(), 503);
    assert!(start.elapsed() < std::time::Duration::from_secs(2));
    assert!(!answer.headers().contains_key("retry-after"));
}

/// Asks whose a token is, and returns what is known of them.
async fn whose(portal: &Portal, secret: &str, token: &str) -> Option<Value> {
    let answer = ask_whose(portal, secret, "v1", token).await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    let status = &answer["status"];
    assert!(status.get("error").is_none() && status.get("audiences").is_none());
    let known = status["authenticated"].as_bool().unwrap();
    if !known {
        assert_eq!(status, &json!({"authenticated": false}));
    }
    known.then(|| status["user"].clone())
}

pub(crate) async fn ask_whose(
    portal: &Portal,
    secret: &str,
    version: &str,
    token: &str,
) -> Response {
    let review = json!({
        "kind": "TokenReview",
        "apiVersion": format!("authentication.k8s.io/{version}"),
        "metadata": {"creationTimestamp": null},
        "spec": {"token": token, "audiences": ["https://kubernetes.default.svc"]},
        "status": {"user": {}},
    });
    let request = portal
        .client
        .post(format!("{}/k8s/tokenreview", portal.url));
    request
        .bearer_auth(secret)
        .json(&review)
        .send()
        .await
        .unwrap()
}

async fn set_opaque(portal: &Portal) {
    portal.sql("UPDATE clusters SET tokens = 'opaque'").await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_opaque_token_is_known_by_the_same_names_as_an_id_token(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    let id_token = claims(&portal.token(&portal.key).await);
    set_opaque(&portal).await;
    let token = portal.token(&portal.key).await;
    assert!(token.starts_with("k8t_") && !token.contains('.'), "{token}");
    assert_eq!(
        portal.token(&portal.key).await,
        token,
        "the current one again"
    );
    let user = whose(&portal, &secret, &token).await.unwrap();
    let jti: uuid::Uuid = sqlx::query_scalar(
        "SELECT jti FROM issued_tokens WHERE kid IS NULL AND username = 'alice' AND cluster = 'demo'",
    )
    .fetch_one(&portal.pool)
    .await
    .unwrap();
    assert_eq!(
        user,
        json!({
            "username": "shorepass:alice",
            "uid": id_token["uid"],
            "groups": ["shorepass:new-namespace-viewer", "shorepass:users"],
            "extra": {CREDENTIAL_ID: [format!("JTI={jti}")], "shorepass/session": [id_token["sid"]]},
        })
    );
    for version in ["v1", "v1beta1"] {
        let answer = ask_whose(&portal, &secret, version, &token).await;
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["kind"], "TokenReview");
        let expected = format!("authentication.k8s.io/{version}");
        assert_eq!(answer["apiVersion"], expected);
    }
    assert_eq!(
        ask_whose(&portal, &secret, "v2", &token).await.status(),
        400
    );
    let exec = portal
        .fetch(&portal.key)
        .query(&[("format", "exec")])
        .send()
        .await;
    let exec: Value = exec.unwrap().json().await.unwrap();
    assert_eq!(exec["status"]["token"], token.as_str());
    let file = portal.fetch(&portal.key);
    let file = file
        .query(&[("format", "kubeconfig"), ("user", "token")])
        .send()
        .await;
    assert!(file.unwrap().text().await.unwrap().contains(&token));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_page_shows_an_opaque_token_and_the_groups_behind_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    set_opaque(&portal).await;
    let cookie = portal.log_in("alice").await;
    let page = portal.get("/").header("cookie", &cookie).send().await;
    let page = page.unwrap().text().await.unwrap();
    assert!(page.contains("new-namespace-viewer") && page.contains("shorepass:alice"));
    assert!(page.contains("This token says nothing by itself"), "{page}");
    assert!(!page.contains("k8t_"));
    let shown = portal.post("/", &[]).header("cookie", &cookie).send().await;
    assert!(shown.unwrap().text().await.unwrap().contains("k8t_"));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn groups_are_those_of_the_moment_of_the_review(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    set_opaque(&portal).await;
    let token = portal.token(&portal.key).await;
    let groups = async || whose(&portal, &secret, &token).await.unwrap()["groups"].clone();
    portal
        .sql(
            "UPDATE memberships SET valid_until = to_timestamp(1800000030) FROM groups g
              WHERE g.id = group_id AND g.name = 'new-namespace-viewer'",
        )
        .await;
    let with = json!(["shorepass:new-namespace-viewer", "shorepass:users"]);
    assert_eq!(groups().await, with);
    portal.advance(Duration::seconds(10));
    assert_eq!(groups().await, with);
    // What is said now is believed for 20 s.
    portal.advance(Duration::seconds(1));
    assert_eq!(groups().await, json!(["shorepass:users"]));
    portal
        .sql("UPDATE groups SET name = 'tem:masters' WHERE name = 'users'")
        .await;
    portal
        .sql("UPDATE clusters SET groups_prefix = 'sys'")
        .await;
    assert_eq!(
        ask_whose(&portal, &secret, "v1", &token).await.status(),
        503
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_opaque_token_ends_with_its_time_its_login_and_its_user(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    set_opaque(&portal).await;
    let mut conn = portal.pool.acquire().await.unwrap();
    for end in ["time", "logout", "disabled", "id_tokens again"] {
        let cookie = portal.log_in("bob").await;
        let key = portal.make_key(&cookie, "demo").await;
        let token = portal.token(&key).await;
        assert!(whose(&portal, &secret, &token).await.is_some(), "{end}");
        match end {
            "time" => {
                portal.advance(Duration::seconds(299));
                assert!(whose(&portal, &secret, &token).await.is_some());
                portal.advance(Duration::seconds(1));
            }
            "logout" => {
                let logout = portal.post("/logout", &[]).header("cookie", &cookie);
                logout.send().await.unwrap();
            }
            "disabled" => {
                let now = portal.now();
                shut_out::disable(&mut conn, &Operator::at_the_command_line(), "bob", now)
                    .await
                    .unwrap();
            }
            _ => portal.sql("UPDATE clusters SET tokens = 'id-token'").await,
        }
        assert_eq!(whose(&portal, &secret, &token).await, None, "{end}");
        shut_out::enable(&mut conn, &Operator::at_the_command_line(), "bob")
            .await
            .unwrap();
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nothing_but_an_opaque_token_of_the_same_cluster_is_known(pool: PgPool) {
    let portal = Portal::start(pool).await;
    add_cluster(&portal, "other").await;
    let (demo, other) = (
        secret(&portal, "demo", Which::Present).await,
        secret(&portal, "other", Which::Present).await,
    );
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "demo").await;
    let id_token = portal.token(&key).await;
    assert_eq!(whose(&portal, &demo, &id_token).await, None);
    set_opaque(&portal).await;
    let token = portal.token(&key).await;
    assert!(whose(&portal, &demo, &token).await.is_some());
    assert_eq!(
        whose(&portal, &other, &token).await,
        None,
        "of another cluster"
    );
    let cookie = cookie.split_once('=').unwrap().1;
    for wrong in [
        id_token.as_str(),
        &format!("{token}.a.b"),
        &format!("a.{token}.b"),
        &format!(" {token}"),
        &token[..token.len() - 1],
        &token.to_uppercase(),
        &key,
        &demo,
        cookie,
        "k8t_",
        "k8t_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "",
        "\0",
    ] {
        assert_eq!(whose(&portal, &demo, wrong).await, None, "{wrong}");
    }
    for stranger in [
        token.as_str(),
        &key,
        "k8w_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(
            ask_whose(&portal, stranger, "v1", &token).await.status(),
            401
        );
    }
    // Nor is it good anywhere else.
    for request in [
        portal.fetch(&token),
        portal.get("/k8stoken").query(&[("refresh_token", &token)]),
    ] {
        assert_eq!(portal.refusal(request).await, (401, "key_unknown".into()));
    }
    let page = portal
        .get("/")
        .header("cookie", format!("shorepass={token}"));
    assert_eq!(page.send().await.unwrap().status(), 303);
}

/// What an API server hears without `error`, it remembers; trouble must not be remembered.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn trouble_is_not_taken_for_a_token_that_is_unknown(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    set_opaque(&portal).await;
    let token = portal.token(&portal.key).await;
    portal
        .sql("ALTER TABLE opaque_tokens RENAME TO elsewhere")
        .await;
    let answer = ask_whose(&portal, &secret, "v1", &token).await;
    assert_eq!(answer.status(), 503);
    assert!(!answer.headers().contains_key("retry-after"));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_secret_is_on_the_page_only_after_it_was_asked_for(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let carol = portal.log_in("carol").await;
    let secret = secret(&portal, "demo", Which::Present).await;
    let page = portal.get("/admin/clusters/demo").header("cookie", &carol);
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(!page.contains(&secret) && !page.contains("k8w_"), "{page}");
    assert!(
        page.contains("310 s") && page.contains("in force"),
        "{page}"
    );
    let post = async |cookie: &str, fields: &[(&str, &str)]| {
        let request = portal.post("/admin/clusters/demo/webhook", fields);
        let answer = request.header("cookie", cookie).send().await.unwrap();
        let status = answer.status().as_u16();
        let store = answer.headers()["cache-control"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(store.contains("no-store"), "{store}");
        (status, answer.text().await.unwrap())
    };
    let (status, page) = post(&carol, &[]).await;
    assert_eq!(status, 200);
    assert_eq!(
        page.matches(&secret).count(),
        1,
        "in the text, and in no data"
    );
    let (_, page) = post(&carol, &[("new_secret", "yes")]).await;
    assert!(page.contains("k8w_") && !page.contains(&secret));
    let alice = portal.log_in("alice").await;
    let (status, page) = post(&alice, &[]).await;
    assert_eq!(status, 404);
    assert!(!page.contains("k8w_"));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_secret_that_was_put_into_another_clusters_row_is_not_printed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    add_cluster(&portal, "other").await;
    secret(&portal, "demo", Which::Present).await;
    secret(&portal, "other", Which::Present).await;
    portal
        .sql("UPDATE cluster_credentials SET sealed = (SELECT sealed FROM cluster_credentials k JOIN clusters c
              ON c.id = k.cluster_id WHERE c.name = 'other')")
        .await;
    let carol = portal.log_in("carol").await;
    let request = portal.post("/admin/clusters/demo/webhook", &[]);
    let answer = request.header("cookie", &carol).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let page = answer.text().await.unwrap();
    assert!(page.contains("a new one can be made") && !page.contains("k8w_"));
}
