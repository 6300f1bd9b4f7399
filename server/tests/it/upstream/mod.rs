//! Logging in at a provider, and everything that can be wrong on the way. Whatever a provider does,
//! or somebody on the way to it: a clear page, no login, no secret in what is said, and the next
//! login works.

mod answers;
mod cost;
mod flows;
mod keys;
mod reach;
mod returns;
mod tokens;

use std::{sync::Arc, time::Duration as StdDuration};

use reqwest::Response;
use server::{
    config::{Config, directory::Kind},
    edge::limits::Limits,
};
use sqlx::PgPool;
use time::Duration;

use crate::{
    provider::{CLIENT, Provider, SECRET, Script},
    support::{Portal, clock},
};

/// How long the portal waits for a provider in these tests.
const PATIENCE: StdDuration = StdDuration::from_millis(300);

/// A portal with the directories `local`, `corp` and `partners`, and the providers of the last two.
pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) corp: Provider,
    pub(crate) partners: Provider,
}

impl World {
    pub(crate) async fn start(pool: PgPool) -> Self {
        Self::with(pool, "enter = \"everyone\"").await
    }

    /// With more in the table of `corp`.
    pub(crate) async fn with(pool: PgPool, corp_says: &str) -> Self {
        let clock = clock();
        let corp = Provider::start(Arc::clone(&clock)).await;
        let partners = Provider::start(Arc::clone(&clock)).await;
        let more = format!(
            "{}{corp_says}\n{}enter = \"everyone\"",
            directory("corp", &corp),
            directory("partners", &partners)
        );
        let portal = Portal::on(clock, pool, &more, Limits::default(), hurry).await;
        Self {
            portal,
            corp,
            partners,
        }
    }

    /// What a browser gets that wants to log in at a directory.
    pub(crate) async fn ask(&self, directory: &str, cookie: &str) -> Response {
        let fields = [("return_to", "/sessions"), ("directory", directory)];
        self.portal
            .post("/login", &fields)
            .header("cookie", cookie)
            .send()
            .await
            .unwrap()
    }

    /// A browser leaves: where to, and with which cookie.
    pub(crate) async fn leave(&self, directory: &str, cookie: &str) -> Away {
        let response = self.ask(directory, cookie).await;
        assert_eq!(response.status(), 303, "nobody leaves for {directory}");
        Away {
            to: response.headers()["location"].to_str().unwrap().to_owned(),
            cookie: cookie_of(&response, "shorepass-flow").expect("a cookie of the flow"),
        }
    }

    /// A browser comes back.
    pub(crate) async fn come_back(&self, url: &str, cookie: &str) -> Response {
        let request = self.portal.client.get(url).header("cookie", cookie);
        request.send().await.unwrap()
    }

    /// The whole way at `corp`.
    pub(crate) async fn log_in(&self) -> Response {
        self.log_in_at("corp", &self.corp).await
    }

    pub(crate) async fn log_in_at(&self, directory: &str, provider: &Provider) -> Response {
        let away = self.leave(directory, "").await;
        let back = provider.log_in(&away.to);
        self.come_back(&back, &away.cookie).await
    }

    /// Whoever has logged in, as the page of their token calls them.
    pub(crate) async fn username(&self, response: &Response) -> String {
        let cookie = cookie_of(response, "shorepass").expect("a login");
        let sql = "SELECT u.username::text FROM users u JOIN logins l ON l.user_id = u.id
                   WHERE l.cookie_hash = $1";
        let value = cookie.split_once('=').unwrap().1;
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, value.as_bytes());
        sqlx::query_scalar(sql)
            .bind(hash.as_ref())
            .fetch_one(&self.portal.pool)
            .await
            .unwrap()
    }

    /// How many people, logins and flows there are.
    async fn counts(&self) -> (i64, i64) {
        let sql = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM logins)";
        sqlx::query_as(sql)
            .fetch_one(&self.portal.pool)
            .await
            .unwrap()
    }

    /// The provider does something wrong: nobody is logged in, the page says so, and once it does the
    /// right thing again, people log in.
    pub(crate) async fn assert_refused(&self, case: &str, wrong: impl FnOnce(&mut Script)) -> u16 {
        let right = self.corp.script().clone();
        let before = self.counts().await;
        wrong(&mut self.corp.script());
        let away = self.leave("corp", "").await;
        let response = self
            .come_back(&self.corp.log_in(&away.to), &away.cookie)
            .await;
        let status = response.status().as_u16();
        assert!(
            (400..500).contains(&status) || status == 503,
            "{case}: {status}"
        );
        assert_said(case, response).await;
        assert_eq!(self.counts().await, before, "{case}: something was written");
        *self.corp.script() = right;
        self.portal.advance(Duration::seconds(11));
        assert_eq!(self.log_in().await.status(), 303, "{case}: the next login");
        status
    }
}

/// Waits for no provider longer than a test can.
fn hurry(config: &mut Config) {
    for directory in &mut config.directory {
        if let Kind::Oidc(provider) = &mut directory.kind {
            provider.settings.timeout = PATIENCE;
        }
    }
}

/// A browser that is on its way.
pub(crate) struct Away {
    pub(crate) to: String,
    pub(crate) cookie: String,
}

/// A page that says what happened, without a login and without a secret.
pub(crate) async fn assert_said(case: &str, response: Response) {
    assert!(
        cookie_of(&response, "shorepass").is_none(),
        "{case}: a login"
    );
    assert!(
        response.headers().get("location").is_none(),
        "{case}: sent away"
    );
    let page = response.text().await.unwrap();
    assert!(
        page.contains("role=\"alert\""),
        "{case}: nothing is said: {page}"
    );
    assert!(
        !page.contains("canary") && !page.contains("eyJ"),
        "{case}: a secret: {page}"
    );
}

fn directory(name: &str, provider: &Provider) -> String {
    let url = &provider.0.url;
    format!(
        r#"
[[directory]]
name = "{name}"
title = "The {name}"
kind = "oidc"
issuer = "{url}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
groups_claim = "groups"
allow_http = ["127.0.0.1"]
groups = ["users"]
"#
    )
}

/// The `Cookie` header for one of the cookies that a response sets.
pub(crate) fn cookie_of(response: &Response, name: &str) -> Option<String> {
    let set = response.headers().get_all("set-cookie").iter();
    let pairs = set.filter_map(|value| value.to_str().unwrap().split(';').next());
    let mut ours = pairs.filter(|pair| {
        pair.split_once('=')
            .is_some_and(|(key, value)| key == name && !value.is_empty())
    });
    ours.next().map(str::to_owned)
}
