//! What an API server and the portal tell each other about a request beyond names: the extra fields of
//! its user (k/k `staging/src/k8s.io/apiserver/pkg/authentication/user/user.go`).

use uuid::Uuid;

/// Which token a request came with. The API server itself fills it in from an `id_token`'s `jti`, since
/// 1.32.
pub const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";
/// The login behind a request.
pub const SESSION: &str = "shorepass/session";
/// What a credential id that is a token's begins with.
const JTI: &str = "JTI=";

/// The credential id of a token.
pub fn credential_id(jti: Uuid) -> String {
    format!("{JTI}{jti}")
}

/// The token that a credential id names, where it can be one of ours.
pub fn jti(credential_id: &str) -> Option<Uuid> {
    let id = credential_id.strip_prefix(JTI)?;
    Uuid::try_parse(id).ok().filter(|jti| jti.to_string() == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_id_names_a_token_in_one_spelling() {
        let id = Uuid::from_u128(7);
        assert_eq!(jti(&credential_id(id)), Some(id));
        for text in [
            "",
            "JTI=",
            "JTI=x",
            "X509SHA256=00",
            "jti=00000000-0000-0000-0000-000000000007",
            "JTI=00000000000000000000000000000007",
            "JTI={00000000-0000-0000-0000-000000000007}",
            "JTI=00000000-0000-0000-0000-00000000000A",
        ] {
            assert_eq!(jti(text), None, "{text}");
        }
    }
}
