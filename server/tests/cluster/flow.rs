//! Tokens of the cluster's own client, as a program on somebody's computer gets them: a code for a
//! person who is logged in, redeemed with what belongs to it (RFC 7636, appendix B).

use serde_json::Value;
use url::Url;

use crate::world::World;

const CLIENT: &str = "kubernetes";
const REDIRECT: &str = "http://localhost:8000";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The tokens for whom this cookie stands.
pub(crate) async fn tokens(world: &World, cookie: &str) -> Value {
    let asked = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", CLIENT)
        .append_pair("redirect_uri", REDIRECT)
        .append_pair("scope", "openid")
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .finish();
    let request = world.portal.get(&format!("/oauth2/authorize?{asked}"));
    let answer = request.header("cookie", cookie).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let mut pairs = back.query_pairs();
    let (_, code) = pairs.find(|(name, _)| name == "code").expect("a code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let answer = world.portal.post("/oauth2/token", &fields);
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}
