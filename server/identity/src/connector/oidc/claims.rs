//! What a provider claims of a person, and what of it we take over.

use domain::name;
use serde_json::{Map, Value};

use super::{
    OidcError,
    settings::{Settings, Verified},
};
use crate::connector::Authenticated;

/// The longest subject in bytes (`OpenID` Connect Core 1.0 §2).
const SUBJECT: usize = 255;
/// The most groups that are looked at; more would be somebody's mistake.
const GROUPS: usize = 2000;
/// The longest address of a mailbox (RFC 5321 §4.5.3.1.3, less its brackets).
const EMAIL: usize = 254;

/// Claims by name, as they stand in JSON.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    pub(super) fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// A claim that is a text with something in it.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A whole number, or nothing.
    ///
    /// # Errors
    /// [`OidcError::Claim`] where it is anything else: a text, a fraction, a boolean, `null`.
    pub(super) fn seconds(&self, name: &'static str) -> Result<Option<i64>, OidcError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or(OidcError::Claim(name)),
        }
    }

    /// Whether one of these is missing.
    pub(super) fn lack<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.any(|name| !self.0.contains_key(name))
    }

    /// Adds claims of lesser weight: where both say something, what was here stays.
    pub(super) fn complete(&mut self, more: Map<String, Value>) {
        for (name, value) in more {
            self.0.entry(name).or_insert(value);
        }
    }

    /// Who this is, in one provider: up to 255 bytes without control characters.
    ///
    /// # Errors
    /// [`OidcError::Claim`].
    pub(super) fn subject(&self) -> Result<&str, OidcError> {
        self.text("sub")
            .filter(|subject| subject.len() <= SUBJECT && !subject.chars().any(char::is_control))
            .ok_or(OidcError::Claim("sub"))
    }

    /// What the directory says of the person.
    ///
    /// # Errors
    /// [`OidcError::Claim`] where nobody can be made out.
    pub(super) fn person(&self, settings: &Settings) -> Result<Authenticated, OidcError> {
        let subject = self.subject()?.to_owned();
        let email = self.text("email").filter(|email| is_address(email));
        let email_verified = email.is_some() && self.is_verified(settings.verified);
        let verified = email.filter(|_| email_verified);
        let name = settings.username.fill(self, verified).unwrap_or_default();
        let called = self
            .text("name")
            .or_else(|| self.text("preferred_username"));
        let display_name = [called.unwrap_or_default(), &name, &subject]
            .into_iter()
            .find(|name| !name.trim().is_empty())
            .unwrap_or_default()
            .to_owned();
        Ok(Authenticated {
            name,
            display_name,
            email: email.map(str::to_owned),
            email_verified,
            groups: settings
                .groups_claim
                .as_deref()
                .map(|claim| self.groups(claim))
                .unwrap_or_default(),
            amr: self.methods(),
            subject,
        })
    }

    fn is_verified(&self, verified: Verified) -> bool {
        match verified {
            Verified::Standard => self.0.get("email_verified") == Some(&Value::Bool(true)),
            Verified::DomainOwner => match self.0.get("xms_edov") {
                Some(Value::Bool(owner)) => *owner,
                Some(Value::Number(owner)) => owner.as_i64() == Some(1),
                Some(Value::String(owner)) => owner == "1" || owner.eq_ignore_ascii_case("true"),
                Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
            },
        }
    }

    /// The groups, without those whose names mean something else to Kubernetes.
    fn groups(&self, claim: &str) -> Vec<String> {
        let listed: Vec<&str> = match self.0.get(claim) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
                Vec::new()
            }
        };
        let usable = listed
            .iter()
            .take(GROUPS)
            .filter(|name| name::check(name).is_ok());
        let groups: Vec<String> = usable.map(|name| (*name).to_owned()).collect();
        let dropped = listed.len() - groups.len();
        if dropped > 0 {
            tracing::warn!(dropped, "groups that cannot be groups here were left out");
        }
        groups
    }

    /// How the person proved who they are, as far as the provider tells (RFC 8176).
    fn methods(&self) -> Vec<String> {
        let Some(Value::Array(methods)) = self.0.get("amr") else {
            return Vec::new();
        };
        let visible = |text: &&str| {
            (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        methods
            .iter()
            .filter_map(Value::as_str)
            .filter(visible)
            .take(10)
            .map(str::to_owned)
            .collect()
    }
}

/// Exactly one `@` with something on both sides, and nothing that cannot be seen.
fn is_address(email: &str) -> bool {
    let mut parts = email.split('@');
    let (local, domain, more) = (parts.next(), parts.next(), parts.next());
    let full = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
    let odd = |c: char| c.is_whitespace() || name::is_invisible(c);
    full(local) && full(domain) && more.is_none() && email.len() <= EMAIL && !email.contains(odd)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connector::oidc::{preset::Preset, settings::Reach, username::Template};

    fn settings() -> Settings {
        Settings {
            issuer: "https://id.example".into(),
            client_id: "shorepass".into(),
            client_secret: None,
            scopes: Vec::new(),
            username: Template::parse("{preferred_username}").unwrap(),
            groups_claim: Some("groups".into()),
            verified: Verified::Standard,
            prompt: None,
            reach: Reach::default(),
            roots: Vec::new(),
            timeout: super::super::settings::TIMEOUT,
        }
    }

    fn claims(value: Value) -> Claims {
        match value {
            Value::Object(claims) => Claims::new(claims),
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn a_subject_is_a_text_of_255_bytes_that_can_be_seen() {
        for subject in ["s", "auth0|5f7", "é", &"s".repeat(255)] {
            assert_eq!(
                claims(json!({ "sub": subject })).subject().unwrap(),
                subject
            );
        }
        for subject in [
            json!(null),
            json!(7),
            json!(["s"]),
            json!(""),
            json!("s".repeat(256)),
            json!("a\u{0}b"),
            json!("a\nb"),
        ] {
            assert!(
                claims(json!({ "sub": subject })).subject().is_err(),
                "{subject}"
            );
        }
        assert!(claims(json!({})).subject().is_err());
    }

    #[test]
    fn only_a_boolean_verifies_an_address() {
        for (verified, expected) in [
            (json!(true), true),
            (json!("true"), false),
            (json!(1), false),
            (json!(null), false),
            (json!(false), false),
        ] {
            let claims =
                claims(json!({ "sub": "s", "email": "a@b.example", "email_verified": verified }));
            assert_eq!(
                claims.person(&settings()).unwrap().email_verified,
                expected,
                "{verified}"
            );
        }
    }

    #[test]
    fn entra_verifies_an_address_by_the_owner_of_its_domain() {
        let settings = Settings {
            verified: Preset::EntraId.verified(),
            ..settings()
        };
        for (owner, expected) in [
            (json!(true), true),
            (json!("1"), true),
            (json!(1), true),
            (json!("true"), true),
            (json!("0"), false),
            (json!(null), false),
        ] {
            let claims = claims(
                json!({ "sub": "s", "email": "a@b.example", "email_verified": true, "xms_edov": owner }),
            );
            assert_eq!(
                claims.person(&settings).unwrap().email_verified,
                expected,
                "{owner}"
            );
        }
    }

    #[test]
    fn an_address_has_one_at_sign_and_nothing_hidden() {
        for email in [
            "a@evil@b.example",
            "@b.example",
            "a@",
            "a",
            "a b@c.example",
            "a\u{202E}@b.example",
            "a@b.example\n",
        ] {
            let person = claims(json!({ "sub": "s", "email": email, "email_verified": true }))
                .person(&settings())
                .unwrap();
            assert_eq!(
                (person.email, person.email_verified),
                (None, false),
                "{email:?}"
            );
        }
    }

    #[test]
    fn groups_of_kubernetes_are_left_out() {
        let listed = json!([
            "crew",
            "system:masters",
            " SYSTEM:nodes",
            "ｓｙｓｔｅｍ:x",
            "a\u{0}b",
            7,
            "",
            "/staff"
        ]);
        let person = claims(json!({ "sub": "s", "groups": listed }))
            .person(&settings())
            .unwrap();
        assert_eq!(person.groups, ["crew", "/staff"]);
        let person = claims(json!({ "sub": "s", "groups": "crew" }))
            .person(&settings())
            .unwrap();
        assert_eq!(person.groups, ["crew"]);
        let person = claims(json!({ "sub": "s", "groups": { "crew": true } }))
            .person(&settings())
            .unwrap();
        assert!(person.groups.is_empty());
    }

    #[test]
    fn what_was_signed_weighs_more_than_what_was_asked_for() {
        let mut signed = claims(json!({ "sub": "s", "email": "signed@b.example" }));
        assert!(signed.lack(["sub", "name"].into_iter()) && !signed.lack(["sub"].into_iter()));
        let Value::Object(more) = json!({ "email": "other@b.example", "name": "Alice" }) else {
            panic!()
        };
        signed.complete(more);
        assert_eq!(
            (signed.text("email"), signed.text("name")),
            (Some("signed@b.example"), Some("Alice"))
        );
    }

    #[test]
    fn seconds_are_whole_numbers() {
        assert_eq!(claims(json!({ "exp": 7 })).seconds("exp").unwrap(), Some(7));
        assert_eq!(claims(json!({})).seconds("exp").unwrap(), None);
        for value in [
            json!("7"),
            json!(7.5),
            json!(1e20),
            json!(null),
            json!(true),
            json!([7]),
        ] {
            assert!(
                claims(json!({ "exp": value })).seconds("exp").is_err(),
                "{value}"
            );
        }
    }
}
