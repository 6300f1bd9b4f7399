//! The form of a cluster's record, as it was typed. Whether the record is in order is `cluster`'s to say.

use domain::cluster::{Cluster, TokenKind};

use crate::edge::form::{Fields, FormError};

/// The record that a form describes. What is no number of seconds is out of every bound.
pub(super) fn typed(fields: &Fields, name: Option<&str>) -> Result<Cluster, FormError> {
    let text = |field: &str| Ok::<_, FormError>(fields.one(field)?.unwrap_or_default().trim());
    let name = match name {
        Some(name) => name,
        None => text("name")?,
    };
    let audience = match text("audience")? {
        "" => name,
        audience => audience,
    };
    let mut record = Cluster::new(name, text("api_url")?, audience);
    // Prefixes may be empty, so one that is not given is not the same as an empty one.
    if let Some(prefix) = fields.one("username_prefix")? {
        prefix.clone_into(&mut record.username_prefix);
    }
    if let Some(prefix) = fields.one("groups_prefix")? {
        prefix.clone_into(&mut record.groups_prefix);
    }
    for (field, value) in [
        ("groups_claim", &mut record.groups_claim),
        ("group_template", &mut record.group_template),
    ] {
        match text(field)? {
            "" => {}
            given => given.clone_into(value),
        }
    }
    if let Some(seconds) = fields.one("token_lifetime")? {
        record.token_lifetime = seconds.trim().parse().unwrap_or(0);
    }
    match text("tokens")? {
        "" => {}
        kind => record.tokens = TokenKind::parse(kind).ok_or(FormError::Unread)?,
    }
    record.webhook = fields.one("webhook")?.is_some();
    let kept = match fields.one("no_certificate")? {
        Some(_) => "",
        None => text("kept_certificate")?,
    };
    let certificate = match text("ca_certificate")? {
        "" => kept,
        pasted => pasted,
    };
    record.ca_certificate = Some(certificate)
        .filter(|text| !text.is_empty())
        .map(str::to_owned);
    Ok(record)
}
