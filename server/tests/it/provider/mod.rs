//! An `OpenID` Connect provider on a free port, which does what a test tells it: the right thing
//! unless told otherwise.

mod endpoints;
pub(crate) mod key;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use identity::clock::{Clock, ManualClock};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use url::Url;

use self::key::Key;

pub(crate) const CLIENT: &str = "shorepass";
pub(crate) const SECRET: &str = "secret-of-the-client-canary";

/// Changes something right into something wrong.
pub(crate) type Tweak = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// An answer in place of the right one.
#[derive(Clone)]
pub(crate) enum Reply {
    Status(u16),
    Text(&'static str, String),
    Redirect(String),
    /// Never.
    Hang,
}

/// What the provider does.
#[derive(Clone)]
pub(crate) struct Script {
    /// Claims of whoever logs in, in the ID token and from the user information.
    pub(crate) person: Map<String, Value>,
    /// Whether the ID token has them as well.
    pub(crate) thin: bool,
    pub(crate) key: Arc<Key>,
    pub(crate) published: Vec<Value>,
    pub(crate) header: Option<Tweak>,
    pub(crate) claims: Option<Tweak>,
    /// The ID token, from the right one.
    pub(crate) token: Option<Arc<dyn Fn(String) -> String + Send + Sync>>,
    /// The token endpoint's answer.
    pub(crate) tokens: Option<Tweak>,
    pub(crate) description: Option<Tweak>,
    pub(crate) at_description: Option<Reply>,
    pub(crate) at_keys: Option<Reply>,
    pub(crate) at_token: Option<Reply>,
    pub(crate) at_user_info: Option<Reply>,
    pub(crate) user_info: Option<Tweak>,
}

/// A login that waits for its code to be redeemed.
#[derive(Clone)]
struct Pending {
    nonce: String,
    challenge: String,
    callback: String,
}

pub(crate) struct Inner {
    pub(crate) url: String,
    clock: Arc<ManualClock>,
    script: Mutex<Script>,
    pending: Mutex<HashMap<String, Pending>>,
    hits: Mutex<Vec<&'static str>>,
    spent: Mutex<Duration>,
}

#[derive(Clone)]
pub(crate) struct Provider(pub(crate) Arc<Inner>);

impl Provider {
    pub(crate) async fn start(clock: Arc<ManualClock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = key::first();
        let script = Script {
            person: person("sub-of-alice", "alice"),
            thin: false,
            published: vec![key.public()],
            key,
            header: None,
            claims: None,
            token: None,
            tokens: None,
            description: None,
            at_description: None,
            at_keys: None,
            at_token: None,
            at_user_info: None,
            user_info: None,
        };
        let provider = Self(Arc::new(Inner {
            url,
            clock,
            script: Mutex::new(script),
            pending: Mutex::default(),
            hits: Mutex::default(),
            spent: Mutex::default(),
        }));
        let routes = endpoints::routes(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        provider
    }

    /// What it does from here on.
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.0.script.lock().unwrap()
    }

    /// Changes several things at once.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script());
    }

    /// Which endpoints were asked.
    pub(crate) fn hits(&self) -> Vec<&'static str> {
        self.0.hits.lock().unwrap().clone()
    }

    /// How long it took for its answers, all of them together.
    pub(crate) fn spent(&self) -> Duration {
        *self.0.spent.lock().unwrap()
    }

    /// The person logs in there: where the browser is sent back to.
    pub(crate) fn log_in(&self, departure: &str) -> String {
        let departure = Url::parse(departure).unwrap();
        let asked: HashMap<String, String> = departure.query_pairs().into_owned().collect();
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = format!("code-canary-{}", uuid::Uuid::new_v4());
        let pending = Pending {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            callback: asked["redirect_uri"].clone(),
        };
        self.0.pending.lock().unwrap().insert(code.clone(), pending);
        let back = [("code", code.as_str()), ("state", &asked["state"])];
        Url::parse_with_params(&asked["redirect_uri"], back)
            .unwrap()
            .into()
    }

    fn now(&self) -> i64 {
        self.0.clock.now().unix_timestamp()
    }
}

/// The claims of somebody.
pub(crate) fn person(subject: &str, name: &str) -> Map<String, Value> {
    let claims = json!({
        "sub": subject,
        "preferred_username": name,
        "name": name.to_uppercase(),
        "email": format!("{name}@corp.example"),
        "email_verified": true,
        "groups": ["crew"],
    });
    claims.as_object().unwrap().clone()
}
