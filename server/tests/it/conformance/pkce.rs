//! What the plans for financial clients look at in a proof key (RFC 7636): it is required, it is of the
//! method S256, and it has to fit.

use super::{Behaviour, met};

const AUTHORIZE: &str = "oauth/authorize.rs";
const CODE: &str = "oauth/code.rs";

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    met(
        "A request without a challenge is refused, unless the client was registered as one that cannot",
        "RFC 7636 4.4.1",
        AUTHORIZE,
        "what_is_wrong_with_a_request_is_said_to_the_client",
    ),
    met(
        "The method plain, and a challenge without a method, are refused",
        "RFC 7636 4.3, RFC 9700 2.1.1",
        AUTHORIZE,
        "what_is_wrong_with_a_request_is_said_to_the_client",
    ),
    met(
        "A challenge that is no SHA-256 is refused",
        "RFC 7636 4.2",
        AUTHORIZE,
        "what_is_wrong_with_a_request_is_said_to_the_client",
    ),
    met(
        "With the right verifier there are tokens",
        "RFC 7636 4.6",
        CODE,
        "a_code_gets_tokens_that_say_what_the_client_needs",
    ),
    met(
        "With a wrong verifier, or none, there are none, and the code is spoiled",
        "RFC 7636 4.6",
        CODE,
        "whoever_does_not_hold_all_that_belongs_to_a_code_gets_nothing_for_it",
    ),
    met(
        "A verifier for a code without a challenge is refused",
        "RFC 9700 4.8.2",
        CODE,
        "a_verifier_without_a_challenge_is_refused",
    ),
];
