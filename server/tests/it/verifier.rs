//! A verifier that caches as go-oidc v2 does, which kube-apiserver uses: cached keys are tried first,
//! expired or not; only where none fits, and the cache runs out within 30 s, is the JWKS fetched again.

use std::sync::Arc;

use identity::clock::{Clock, ManualClock};
use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};
use time::{Duration, OffsetDateTime};

pub(crate) struct Verifier {
    /// The replicas' addresses; each fetch goes to the next one.
    urls: Vec<String>,
    clock: Arc<ManualClock>,
    pub(crate) keys: JwkSet,
    expires: OffsetDateTime,
    fetches: usize,
}

impl Verifier {
    pub(crate) fn new(urls: &[&str], clock: &Arc<ManualClock>) -> Self {
        let urls = urls.iter().map(|url| format!("{url}/oauth2/jwks"));
        Self {
            urls: urls.collect(),
            expires: clock.now(),
            clock: clock.clone(),
            keys: JwkSet { keys: vec![] },
            fetches: 0,
        }
    }

    async fn fetch(&mut self) {
        let url = &self.urls[self.fetches % self.urls.len()];
        let response = reqwest::get(url).await.unwrap();
        let cache = response.headers()["cache-control"]
            .to_str()
            .unwrap()
            .to_owned();
        let max_age: i64 = cache.split("max-age=").nth(1).unwrap().parse().unwrap();
        self.expires = self.clock.now() + Duration::seconds(max_age);
        self.keys = response.json().await.unwrap();
        self.fetches += 1;
    }

    fn verify(&self, token: &str) -> bool {
        let header = jsonwebtoken::decode_header(token).unwrap();
        let Some(jwk) = header.kid.as_deref().and_then(|kid| self.keys.find(kid)) else {
            return false;
        };
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false; // the clock is ours
        validation.set_audience(&["kubernetes"]);
        jsonwebtoken::decode::<serde_json::Value>(
            token,
            &DecodingKey::from_jwk(jwk).unwrap(),
            &validation,
        )
        .is_ok()
    }

    pub(crate) async fn accepts(&mut self, token: &str) -> bool {
        if self.verify(token) {
            return true;
        }
        if self.clock.now() + Duration::seconds(30) < self.expires {
            return false;
        }
        self.fetch().await;
        self.verify(token)
    }
}
