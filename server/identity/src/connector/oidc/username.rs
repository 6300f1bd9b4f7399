//! What usernames are made of: a text with claims in braces, such as `{preferred_username}`.

use thiserror::Error;

use super::claims::Claims;

/// The part of a verified e-mail address before the `@`, as a claim.
const EMAIL_LOCAL: &str = "email_local";

#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TemplateError {
    #[error("has a brace without its other half")]
    Unbalanced,
    #[error("names no claim in {{}}: everybody would get the same name")]
    NoClaim,
    #[error("names a claim that cannot be one")]
    Claim,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Claim(String),
}

/// A template for usernames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (claim, after) = after.split_once('}').ok_or(TemplateError::Unbalanced)?;
            let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
            if claim.is_empty() || claim.len() > 200 || !claim.chars().all(allowed) {
                return Err(TemplateError::Claim);
            }
            if before.contains('}') {
                return Err(TemplateError::Unbalanced);
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Claim(claim.to_owned()));
            rest = after;
        }
        if rest.contains('}') {
            return Err(TemplateError::Unbalanced);
        }
        if pieces.is_empty() {
            return Err(TemplateError::NoClaim);
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The claims that it needs, by the names that the provider gives them.
    pub(super) fn claims(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Claim(name) if name == EMAIL_LOCAL => Some("email"),
            Piece::Claim(name) => Some(name.as_str()),
        })
    }

    /// The name for somebody with these claims; none where one is missing. An e-mail address counts
    /// only where it is verified, for a name that looks like an address is taken for it.
    pub(super) fn fill(&self, claims: &Claims, verified_email: Option<&str>) -> Option<String> {
        let mut name = String::new();
        for piece in &self.0 {
            name.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Claim(claim) if claim == "email" => verified_email?,
                Piece::Claim(claim) if claim == EMAIL_LOCAL => {
                    let (local, _) = verified_email?.split_once('@')?;
                    local
                }
                Piece::Claim(claim) => claims.text(claim)?,
            });
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, verified: Option<&str>) -> Option<String> {
        let claims = r#"{"preferred_username":"Alice","email":"al@x.example","n":7,"https://x.example/id":"i"}"#;
        let claims = Claims::new(serde_json::from_str(claims).unwrap());
        Template::parse(template).unwrap().fill(&claims, verified)
    }

    #[test]
    fn a_name_is_made_of_claims_and_text() {
        for (template, expected) in [
            ("{preferred_username}", Some("Alice")),
            ("x-{preferred_username}.y", Some("x-Alice.y")),
            ("{email_local}", Some("alice")),
            ("{email}", Some("alice@corp.example")),
            ("{https://x.example/id}", Some("i")),
            ("{missing}", None),
            ("{n}", None),
        ] {
            let name = filled(template, Some("alice@corp.example"));
            assert_eq!(name.as_deref(), expected, "{template}");
        }
    }

    #[test]
    fn an_address_that_nobody_verified_makes_no_name() {
        assert_eq!(filled("{email}", None), None);
        assert_eq!(filled("{email_local}", None), None);
    }

    #[test]
    fn a_template_names_a_claim_and_closes_its_braces() {
        for (template, error) in [
            ("", TemplateError::NoClaim),
            ("alice", TemplateError::NoClaim),
            ("{sub", TemplateError::Unbalanced),
            ("sub}", TemplateError::Unbalanced),
            ("}{sub}", TemplateError::Unbalanced),
            ("{sub}}", TemplateError::Unbalanced),
            ("{}", TemplateError::Claim),
            ("{a b}", TemplateError::Claim),
            ("{{sub}}", TemplateError::Claim),
        ] {
            assert_eq!(Template::parse(template), Err(error), "{template}");
        }
    }
}
