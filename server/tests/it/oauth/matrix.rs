//! Every kind of secret at every door that takes one: each opens its own and no other.
//!
//! Whoever adds a kind gives one of it in [`Secrets::gather`]; whoever adds a door names it in [`Door`],
//! says there what opens it, and knocks in [`Door::opens`].

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use identity::{
    cluster::credential::Which,
    secret::{FamilySecret, Opaque},
};
use reqwest::RequestBuilder;
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;
use url::Url;

use super::{
    CALLBACK, SECRET, VERIFIER, asking, backchannel, code_for, introduce, kubelogin, location,
    parameter, receiver::Receiver, redeem, refusal, revoke::at_dashboard, text, to_token, tokens,
};
use crate::{
    support::Portal,
    upstream::{Away, World, cookie_of},
    webhooks,
};

/// A cluster that takes no `id_token`s.
const OPAQUE: &str = "opaque";

/// What has a secret in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Cookie,
    FlowCookie,
    State,
    RetrievalKey,
    Code,
    RefreshToken,
    AccessToken,
    ClientSecret,
    FamilySecret,
    IdToken,
    LogoutToken,
    ClusterCredential,
    ClusterToken,
    DeviceCode,
}

/// Where one is taken.
#[derive(Clone, Copy, Debug)]
enum Door {
    Page,
    K8sTokenHeader,
    K8sTokenForm,
    K8sTokenQuery,
    Redeeming,
    Refreshing,
    Polling,
    AuthenticatingClient,
    AuthenticatingFamily,
    UserInfoHeader,
    UserInfoForm,
    Introspecting,
    AuthenticatingAsker,
    Revoking,
    CallbackState,
    CallbackCookie,
    Hint,
    LogoutHint,
    ApiServer,
    ReviewedToken,
    ReviewingTokens,
    ReviewingAccess,
}

impl Door {
    const ALL: [(Self, &'static [Kind]); 22] = [
        (Self::Page, &[Kind::Cookie]),
        (Self::K8sTokenHeader, &[Kind::RetrievalKey]),
        (Self::K8sTokenForm, &[Kind::RetrievalKey]),
        (Self::K8sTokenQuery, &[Kind::RetrievalKey]),
        (Self::Redeeming, &[Kind::Code]),
        (Self::Refreshing, &[Kind::RefreshToken]),
        (Self::Polling, &[Kind::DeviceCode]),
        (Self::AuthenticatingClient, &[Kind::ClientSecret]),
        (Self::AuthenticatingFamily, &[Kind::FamilySecret]),
        (Self::UserInfoHeader, &[Kind::AccessToken]),
        (Self::UserInfoForm, &[Kind::AccessToken]),
        (
            Self::Introspecting,
            &[Kind::AccessToken, Kind::RefreshToken],
        ),
        (Self::AuthenticatingAsker, &[Kind::ClientSecret]),
        (Self::Revoking, &[Kind::AccessToken, Kind::RefreshToken]),
        (Self::CallbackState, &[Kind::State]),
        (Self::CallbackCookie, &[Kind::FlowCookie]),
        (Self::Hint, &[Kind::IdToken]),
        (Self::LogoutHint, &[Kind::IdToken]),
        (Self::ApiServer, &[Kind::IdToken]),
        (Self::ReviewedToken, &[Kind::ClusterToken]),
        (Self::ReviewingTokens, &[Kind::ClusterCredential]),
        (Self::ReviewingAccess, &[Kind::ClusterCredential]),
    ];

    /// Whether a secret opens it.
    #[expect(clippy::too_many_lines, reason = "one arm a door, and nothing else")]
    async fn opens(self, world: &World, held: &Secrets, secret: &str) -> bool {
        let portal = &world.portal;
        let post = |path: &str, fields: &[(&str, &str)]| {
            let url = format!("{}{path}", portal.url);
            portal.client.post(url).form(fields)
        };
        let by_dashboard = |request: RequestBuilder| request.basic_auth("dashboard", Some(SECRET));
        let refreshing = [("grant_type", "refresh_token"), ("refresh_token", secret)];
        match self {
            Self::Page => {
                let cookie = format!("shorepass={secret}");
                is_ok(portal.get("/").header("cookie", cookie)).await
            }
            Self::K8sTokenHeader => is_ok(portal.fetch(secret)).await,
            Self::K8sTokenForm => is_ok(post("/k8stoken", &[("refresh_token", secret)])).await,
            Self::K8sTokenQuery => {
                is_ok(portal.get("/k8stoken").query(&[("refresh_token", secret)])).await
            }
            Self::Redeeming => is_ok(by_dashboard(redeeming(portal, secret))).await,
            Self::Refreshing => is_ok(by_dashboard(to_token(portal, &refreshing))).await,
            Self::Polling => {
                let fields = [
                    ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                    ("client_id", "kubernetes"),
                    ("device_code", secret),
                ];
                refusal(to_token(portal, &fields)).await.1 == "authorization_pending"
            }
            Self::AuthenticatingClient => {
                let nothing = [("grant_type", "refresh_token"), ("refresh_token", "x")];
                let request = to_token(portal, &nothing).basic_auth("dashboard", Some(secret));
                request.send().await.unwrap().status() == 400
            }
            Self::AuthenticatingFamily => {
                let fields = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", held.of_family.as_str()),
                    ("client_id", "kubernetes"),
                    ("client_secret", secret),
                ];
                is_ok(to_token(portal, &fields)).await
            }
            Self::UserInfoHeader => is_ok(portal.get("/oauth2/userinfo").bearer_auth(secret)).await,
            Self::UserInfoForm => {
                is_ok(post("/oauth2/userinfo", &[("access_token", secret)])).await
            }
            Self::Introspecting => {
                let request = by_dashboard(post("/oauth2/introspect", &[("token", secret)]));
                let said: Value = request.send().await.unwrap().json().await.unwrap();
                said["active"] == true
            }
            Self::AuthenticatingAsker => {
                let request = post("/oauth2/introspect", &[("token", "x")]);
                is_ok(request.basic_auth("dashboard", Some(secret))).await
            }
            Self::Revoking => {
                let before = good(portal).await;
                let request = by_dashboard(post("/oauth2/revoke", &[("token", secret)]));
                assert!(is_ok(request).await);
                good(portal).await < before
            }
            Self::CallbackState => {
                let away = held.away_or_another(world, secret, Kind::State).await;
                let back = world.corp.log_in(&away.to);
                let back = back.replace(&state_of(&away), &encoded(secret));
                logs_in(world, &back, &away.cookie).await
            }
            Self::CallbackCookie => {
                let away = held.away_or_another(world, secret, Kind::FlowCookie).await;
                let back = world.corp.log_in(&away.to);
                logs_in(world, &back, &format!("shorepass-flow={secret}")).await
            }
            Self::Hint => {
                let path = asking("dashboard", CALLBACK, &[("id_token_hint", secret)]);
                let request = portal.get(&path).header("cookie", &held.cookie);
                let response = request.send().await.unwrap();
                parameter(&location(&response).1, "code").is_some()
            }
            Self::LogoutHint => {
                let request = portal
                    .get("/oauth2/logout")
                    .query(&[("id_token_hint", secret)]);
                let request = request.header("cookie", &held.cookie);
                request.send().await.unwrap().status() == 303
            }
            Self::ApiServer => {
                let keys = backchannel::keys(portal).await;
                backchannel::accept(secret, &keys, &portal.url, "kubernetes").is_ok()
            }
            Self::ReviewedToken => {
                let credential = &held.all[&Kind::ClusterCredential];
                let answer = webhooks::ask_whose(portal, credential, "v1", secret).await;
                let said: Value = answer.json().await.unwrap();
                said["status"]["authenticated"] == true
            }
            Self::ReviewingTokens => {
                webhooks::ask_whose(portal, secret, "v1", "x")
                    .await
                    .status()
                    == 200
            }
            Self::ReviewingAccess => {
                let review = webhooks::review("v1", "shorepass:alice", None);
                webhooks::ask(portal, secret, &review).await.status() == 200
            }
        }
    }
}

async fn is_ok(request: RequestBuilder) -> bool {
    request.send().await.unwrap().status() == 200
}

fn redeeming(portal: &Portal, code: &str) -> RequestBuilder {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    to_token(portal, &fields)
}

/// How many tokens are good.
async fn good(portal: &Portal) -> i64 {
    let sql =
        "SELECT count(refresh_hash) + count(access_hash) FROM families WHERE ended_at IS NULL";
    sqlx::query_scalar(sql)
        .fetch_one(&portal.pool)
        .await
        .unwrap()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn state_of(away: &Away) -> String {
    let url = Url::parse(&away.to).unwrap();
    let mut pairs = url.query_pairs();
    pairs
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned()
}

async fn logs_in(world: &World, back: &str, cookie: &str) -> bool {
    cookie_of(&world.come_back(back, cookie).await, "shorepass").is_some()
}

/// One of each kind, all good, and what goes with some of them.
struct Secrets {
    all: BTreeMap<Kind, String>,
    /// The `Cookie` header of the login that most of them go by.
    cookie: String,
    /// A refresh token that needs the family secret.
    of_family: String,
    away: Away,
}

impl Secrets {
    async fn gather(world: &World, receiver: &Receiver) -> Self {
        let portal = &world.portal;
        let (ended, _) = at_dashboard(portal, "alice").await;
        let leaving = portal.post("/logout", &[]).header("cookie", ended).send();
        leaving.await.unwrap();
        backchannel::deliver(portal).await;
        let logout_token = receiver.got().remove(0);

        let (cookie, tokens_of_dashboard) = at_dashboard(portal, "alice").await;
        let key = portal.make_key(&cookie, "demo").await;
        let code = code_for(portal, &cookie, &asking("dashboard", CALLBACK, &[])).await;
        let kubectls = code_for(portal, &cookie, &kubelogin(&[])).await;
        let kubectls = tokens(redeem(portal, &kubectls)).await;
        let family = Opaque::<FamilySecret>::generate().unwrap();
        sqlx::query("UPDATE families SET secret_hash = $1 WHERE client_id = 'kubernetes'")
            .bind(digest(&SHA256, family.expose().as_bytes()).as_ref())
            .execute(&portal.pool)
            .await
            .unwrap();
        let credential = webhooks::secret(portal, OPAQUE, Which::Present).await;
        let opaque = portal.make_key(&cookie, OPAQUE).await;
        let opaque = portal.token(&opaque).await;
        let url = format!("{}/oauth2/device_authorization", portal.url);
        let fields = [("client_id", "kubernetes"), ("scope", "openid")];
        let device = tokens(portal.client.post(url).form(&fields)).await;
        let away = world.leave("corp", "").await;
        let value = |cookie: &str| cookie.split_once('=').unwrap().1.to_owned();
        let token = |name| text(&tokens_of_dashboard, name).to_owned();
        let all = BTreeMap::from([
            (Kind::Cookie, value(&cookie)),
            (Kind::FlowCookie, value(&away.cookie)),
            (Kind::State, state_of(&away)),
            (Kind::RetrievalKey, key),
            (Kind::Code, code),
            (Kind::RefreshToken, token("refresh_token")),
            (Kind::AccessToken, token("access_token")),
            (Kind::ClientSecret, SECRET.to_owned()),
            (Kind::FamilySecret, family.expose().to_owned()),
            (Kind::IdToken, token("id_token")),
            (Kind::LogoutToken, logout_token),
            (Kind::ClusterCredential, credential),
            (Kind::ClusterToken, opaque),
            (Kind::DeviceCode, text(&device, "device_code").to_owned()),
        ]);
        Self {
            all,
            cookie,
            of_family: text(&kubectls, "refresh_token").to_owned(),
            away,
        }
    }

    /// The browser that left with this very secret, or another one: a wrong try may spoil it.
    async fn away_or_another(&self, world: &World, secret: &str, kind: Kind) -> Away {
        if self.all[&kind] == secret {
            let Away { to, cookie } = &self.away;
            return Away {
                to: to.clone(),
                cookie: cookie.clone(),
            };
        }
        world.leave("corp", "").await
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn each_secret_opens_its_own_doors_and_no_other(pool: PgPool) {
    let receiver = Receiver::start();
    let way = format!(
        "allow_private = [\"localhost\"]\nca_file = \"{}\"\n",
        receiver.root().display()
    );
    let more = format!(
        "enter = \"everyone\"\n{}",
        backchannel::clients(&receiver, &way)
    );
    let world = World::with(pool, &more).await;
    webhooks::add_cluster(&world.portal, OPAQUE).await;
    let opaque = "UPDATE clusters SET tokens = 'opaque' WHERE name = 'opaque'";
    world.portal.sql(opaque).await;
    introduce(&world.portal).await;
    let mut wrong = Vec::new();
    for (door, keys) in Door::ALL {
        let held = Secrets::gather(&world, &receiver).await;
        // Those that open it come last: whatever was tried before did them no harm.
        let others = held.all.keys().filter(|kind| !keys.contains(kind));
        for kind in others.chain(keys) {
            let opens = door.opens(&world, &held, &held.all[kind]).await;
            if opens != keys.contains(kind) {
                wrong.push(format!("{kind:?} at {door:?}: {opens}"));
            }
        }
        world.portal.advance(Duration::minutes(1));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
