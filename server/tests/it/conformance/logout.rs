//! The plans for logout: what a client does with a person who leaves (RP-Initiated Logout 1.0), and what
//! it hears of one who left elsewhere (Back-Channel Logout 1.0).

use super::{Behaviour, met};

const LOGOUT: &str = "oauth/logout.rs";
const BACKCHANNEL: &str = "oauth/backchannel.rs";

/// The person's browser is sent to the portal to log out.
pub(super) const FROM_A_CLIENT: &[Behaviour] = &[
    met(
        "With a hint and a registered address the login ends, and the person goes back with the state",
        "RP-Initiated Logout 2, 3",
        LOGOUT,
        "whoever_knows_the_login_ends_it_and_the_person_goes_back",
    ),
    met(
        "A hint that has expired is as good",
        "RP-Initiated Logout 2",
        LOGOUT,
        "whoever_knows_the_login_ends_it_and_the_person_goes_back",
    ),
    met(
        "After that, prompt=none is login_required, and the tokens are over",
        "RP-Initiated Logout 1",
        LOGOUT,
        "tokens_end_with_the_login_that_a_client_ended",
    ),
    met(
        "Without an address, with a state or without, the person stays at the portal",
        "RP-Initiated Logout 2",
        LOGOUT,
        "without_an_address_the_person_stays_here",
    ),
    met(
        "An address that is not registered is refused, and nobody is logged out",
        "RP-Initiated Logout 3",
        LOGOUT,
        "what_does_not_belong_together_is_refused",
    ),
    met(
        "A query that is added to a registered address makes it another one",
        "RP-Initiated Logout 3",
        LOGOUT,
        "what_does_not_belong_together_is_refused",
    ),
    met(
        "Without a hint the person is asked",
        "RP-Initiated Logout 2",
        LOGOUT,
        "a_link_alone_logs_nobody_out",
    ),
    met(
        "With a hint that was changed, or is none, the person is asked, and the answer leads nowhere",
        "RP-Initiated Logout 2, 4",
        LOGOUT,
        "only_a_known_program_has_its_address_on_the_page",
    ),
    met(
        "Without any parameter the person is asked, and stays at the portal",
        "RP-Initiated Logout 2",
        LOGOUT,
        "whoever_says_so_is_logged_out_and_goes_back",
    ),
    met(
        "The request may come by POST",
        "RP-Initiated Logout 2",
        LOGOUT,
        "a_link_alone_logs_nobody_out",
    ),
];

/// A client is told of a login that has ended.
pub(super) const TO_A_CLIENT: &[Behaviour] = &[
    met(
        "When a client ends a login, a logout token goes to its address",
        "Back-Channel Logout 2.5",
        BACKCHANNEL,
        "however_a_login_ends_its_client_is_told",
    ),
    met(
        "The logout token names issuer, client, time, login and event, has an id, and no nonce",
        "Back-Channel Logout 2.4",
        BACKCHANNEL,
        "a_logout_token_is_what_a_client_expects",
    ),
    met(
        "It can be taken for no id_token",
        "Back-Channel Logout 4",
        BACKCHANNEL,
        "no_api_server_takes_a_logout_token_for_a_persons",
    ),
    met(
        "A client that does not take it gets it again",
        "Back-Channel Logout 2.8",
        BACKCHANNEL,
        "what_a_client_does_not_take_is_tried_again_and_at_last_given_up",
    ),
];
